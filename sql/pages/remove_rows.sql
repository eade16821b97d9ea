-- A step of a removal: delete staged rows that will be read again, or that have
-- gone meanwhile. The rows of the current page stay.
-- $1: _line of the page's first line, $2: JSON array of parents' ids, of rows'
-- ids, or of both
{step} AS (
  DELETE FROM {stage} AS s
  WHERE s._line < $1::bigint{?parents 
    AND s.{parent_column} IN (
      SELECT v::{parent_type} FROM json_array_elements_text($2::json) AS v)}{?rows 
    AND s.{row_id} IN (
      SELECT v::{id_type} FROM json_array_elements_text($2::json) AS v)}{?pairs 
    AND (s.{parent_column}, s.{row_id}) IN (
      SELECT (v ->> 0)::{parent_type}, (v ->> 1)::{id_type}
      FROM json_array_elements($2::json) AS v)}
  RETURNING s._line{?row_id , s.{row_id} AS id}
)
