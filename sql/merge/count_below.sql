-- Count the rows that delete_below.sql or mark_below.sql would change.
SELECT count(*)
FROM {only}{table} AS t,
     (SELECT DISTINCT {parent_id} AS id FROM {parent_stage}) AS p
WHERE t.{parent_column} = p.id{?marks  AND t._deleted_at IS NULL}
  AND NOT EXISTS (SELECT FROM {stage} AS s WHERE {keys: s.x = t.x AND ...})
