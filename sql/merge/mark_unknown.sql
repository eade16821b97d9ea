-- A full run of which rows that came unchanged are not staged: mark the rows
-- that did not come, if they are not marked yet.
-- $1: loaded_at
UPDATE {only}{table} AS t
SET _deleted_at = $1::timestamptz, _loaded_at = $1::timestamptz
WHERE t._deleted_at IS NULL
  AND {?unchanged NOT EXISTS (SELECT FROM {hashes} AS h WHERE h.hash = t._hash)}{?!unchanged coalesce(t._hash, 0) IN (SELECT hash FROM {hashes})}{?!unstaged 
  AND NOT EXISTS (SELECT FROM {stage} AS s WHERE {keys: s.x = t.x AND ...})}
