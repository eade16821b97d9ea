-- In a full run, mark the rows that are not in staging and are not marked yet.
-- $1: loaded_at
UPDATE {only}{table} AS t
SET _deleted_at = $1::timestamptz, _loaded_at = $1::timestamptz
WHERE t._deleted_at IS NULL
  AND NOT EXISTS (SELECT FROM {stage} AS s WHERE {keys: s.x = t.x AND ...})
