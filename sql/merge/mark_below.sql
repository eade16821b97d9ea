-- In an incremental run, mark the rows that are not in staging although their
-- parent is.
-- $1: loaded_at
UPDATE {only}{table} AS t
SET _deleted_at = $1::timestamptz, _loaded_at = $1::timestamptz
FROM (SELECT DISTINCT {parent_id} AS id FROM {parent_stage}) AS p
WHERE t.{parent_column} = p.id AND t._deleted_at IS NULL
  AND NOT EXISTS (SELECT FROM {stage} AS s WHERE {keys: s.x = t.x AND ...})
