-- Count the same, but only for the rows of the table whose keys are in staging.
SELECT count(*), {asked: count(t.x), ...}
FROM {only}{table} AS t
JOIN {stage} AS s ON {keys: s.x = t.x AND ...}{?marked 
WHERE t._deleted_at IS NULL}
