-- Count the rows that are new, and those that changed.
SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new)
FROM {changes}
