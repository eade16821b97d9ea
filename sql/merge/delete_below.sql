-- In an incremental run, delete the rows that are not in staging although their
-- parent is.
DELETE FROM {only}{table} AS t
USING (SELECT DISTINCT {parent_id} AS id FROM {parent_stage}) AS p
WHERE t.{parent_column} = p.id
  AND NOT EXISTS (SELECT FROM {stage} AS s WHERE {keys: s.x = t.x AND ...})
