-- The same counts for those rows of the table whose keys came again.
SELECT count(*), {asked: count(t.x), ...}
FROM {only}{table} AS t
JOIN {stage} AS s ON {keys: s.x = t.x AND ...}{?marked 
WHERE t._deleted_at IS NULL}
