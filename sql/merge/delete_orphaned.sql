-- In an incremental run, delete the rows below a parent that is gone. A parent
-- that only moved to another row, and is still in its table, is not gone.
DELETE FROM {only}{table} AS t
USING {parent_gone} AS g
WHERE t.{parent_column} = g.id
  AND NOT EXISTS (SELECT FROM {parent_only}{parent_table} AS p
                  WHERE p.{parent_table_id} = g.id{?parent_marks  AND p._deleted_at IS NULL})
