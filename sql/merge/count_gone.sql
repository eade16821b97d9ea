-- Count the rows that delete_gone.sql or mark_gone.sql would change.
SELECT count(*)
FROM {only}{table} AS t
WHERE {?marks t._deleted_at IS NULL AND }NOT EXISTS (SELECT FROM {stage} AS s WHERE {keys: s.x = t.x AND ...})
