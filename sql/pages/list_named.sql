-- In a run with --ids, list the roots that do not exist any more and whose rows
-- will be removed, so that the rows below them can be removed, too.
-- $1: JSON array of ids
INSERT INTO {gone}
SELECT t.{table_id} AS id
FROM {only}{table} AS t
WHERE t.{table_id} IN (
    SELECT v::{id_type} FROM json_array_elements_text($1::json) AS v){?marks 
  AND t._deleted_at IS NULL}
  AND NOT EXISTS (SELECT FROM {stage} AS s WHERE {keys: s.x = t.x AND ...})
