-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE {changes} AS
SELECT s.ctid AS place, t.{key} IS NULL AS is_new{?by_value ,
       t._hash IS NOT NULL
         AND ROW({compared: t.x, ...})::record
             *= ROW({compared: s.x, ...})::record{?position 
         AND t._position IS NOT DISTINCT FROM s._position}{?marked 
         AND t._deleted_at IS NULL} AS is_same}{?known ,
       t._hash AS old_hash{?marked , t._deleted_at IS NOT NULL AS was_gone}}
FROM {stage} AS s
LEFT JOIN {only}{table} AS t ON {keys: s.x = t.x AND ...}
WHERE t.{key} IS NULL
   OR t._hash IS DISTINCT FROM s._hash{?position 
   OR t._position IS DISTINCT FROM s._position}{?marked 
   OR t._deleted_at IS NOT NULL}
