-- How many rows are in staging.
SELECT count(*) FROM {stage}
