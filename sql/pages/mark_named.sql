-- In a run with --ids, mark the roots that do not exist any more.
-- $1: loaded_at
UPDATE {only}{table} AS t
SET _deleted_at = $1::timestamptz, _loaded_at = $1::timestamptz
FROM {gone} AS g
WHERE t.{table_id} = g.id AND t._deleted_at IS NULL
