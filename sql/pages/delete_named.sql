-- In a run with --ids, delete the roots that do not exist any more.
DELETE FROM {only}{table} AS t
USING {gone} AS g
WHERE t.{table_id} = g.id
