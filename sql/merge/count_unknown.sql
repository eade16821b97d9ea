-- How many rows of the table delete_unknown.sql or mark_unknown.sql would
-- change.
SELECT count(*)
FROM {only}{table} AS t
WHERE {?marks t._deleted_at IS NULL AND }{?unchanged NOT EXISTS (SELECT FROM {hashes} AS h WHERE h.hash = t._hash)}{?!unchanged coalesce(t._hash, 0) IN (SELECT hash FROM {hashes})}{?!unstaged 
  AND NOT EXISTS (SELECT FROM {stage} AS s WHERE {keys: s.x = t.x AND ...})}
