-- Count the rows that delete_orphaned.sql or mark_orphaned.sql would change.
SELECT count(*)
FROM {only}{table} AS t, {parent_gone} AS g
WHERE t.{parent_column} = g.id{?marks  AND t._deleted_at IS NULL}
  AND NOT EXISTS (SELECT FROM {parent_only}{parent_table} AS p
                  WHERE p.{parent_table_id} = g.id{?parent_marks  AND p._deleted_at IS NULL})
