-- A full run of which rows that came unchanged are not staged: delete the rows
-- that did not come.
DELETE FROM {only}{table} AS t
WHERE {?unchanged NOT EXISTS (SELECT FROM {hashes} AS h WHERE h.hash = t._hash)}{?!unchanged coalesce(t._hash, 0) IN (SELECT hash FROM {hashes})}{?!unstaged 
  AND NOT EXISTS (SELECT FROM {stage} AS s WHERE {keys: s.x = t.x AND ...})}
