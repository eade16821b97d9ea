-- How many rows are new, and how many changed.
SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new)
FROM {changes}
