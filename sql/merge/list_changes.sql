-- The one comparison of staging with the table: the places in staging of rows
-- that are new or changed. Workers may take part when a table is created, not
-- when rows are inserted into one.
CREATE UNLOGGED TABLE {changes} AS
SELECT s.ctid AS place, t.{key} IS NULL AS is_new
FROM {stage} AS s
LEFT JOIN {only}{table} AS t ON {keys: s.x = t.x AND ...}
WHERE t.{key} IS NULL
   OR t._hash IS DISTINCT FROM s._hash{?position 
   OR t._position IS DISTINCT FROM s._position}{?marked 
   OR t._deleted_at IS NOT NULL}
