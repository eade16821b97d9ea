-- Count the rows that delete_named.sql or mark_named.sql would change.
SELECT count(*)
FROM {only}{table} AS t, {gone} AS g
WHERE t.{table_id} = g.id{?marks  AND t._deleted_at IS NULL}
