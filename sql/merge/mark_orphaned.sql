-- In an incremental run, mark the rows below a parent that is gone. A parent
-- that only moved to another row, and is still in its table, is not gone.
-- $1: loaded_at
UPDATE {only}{table} AS t
SET _deleted_at = $1::timestamptz, _loaded_at = $1::timestamptz
FROM {parent_gone} AS g
WHERE t.{parent_column} = g.id AND t._deleted_at IS NULL
  AND NOT EXISTS (SELECT FROM {parent_only}{parent_table} AS p
                  WHERE p.{parent_table_id} = g.id{?parent_marks  AND p._deleted_at IS NULL})
