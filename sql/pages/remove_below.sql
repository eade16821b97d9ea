-- A step of a removal: delete the staged rows below those that the step of their
-- parents deleted. The rows of a list are in the lines of their parents. Other
-- rows stay if their parent is staged a second time, below another parent of
-- its own.
{step} AS (
  DELETE FROM {stage} AS s
  WHERE {?list s._line IN (SELECT a._line FROM {above} AS a)}{?!list s._line < $1::bigint
    AND s.{parent_column} IN (SELECT a.id FROM {above} AS a)
    AND NOT EXISTS (
      SELECT FROM {parent_stage} AS p
      WHERE p.{parent_id} = s.{parent_column} AND p._line < $1::bigint
        AND p._line NOT IN (SELECT a._line FROM {above} AS a))}
  RETURNING s._line{?row_id , s.{row_id} AS id}
)
