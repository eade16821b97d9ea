-- Count the rows in staging.
SELECT count(*) FROM {stage}
