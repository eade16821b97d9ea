-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. The statement creates a table because
-- PostgreSQL can use parallel workers for that, but not for INSERT.
CREATE UNLOGGED TABLE {changes} AS
SELECT s.ctid AS place, t.{key} IS NULL AS is_new
FROM {stage} AS s
LEFT JOIN {only}{table} AS t ON {keys: s.x = t.x AND ...}
WHERE t.{key} IS NULL
   OR t._hash IS DISTINCT FROM s._hash{?position 
   OR t._position IS DISTINCT FROM s._position}{?marked 
   OR t._deleted_at IS NOT NULL}
