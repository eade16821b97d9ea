-- Remove rows or mark them, and end their versions.
-- $1: loaded_at
WITH written AS (
{change}
RETURNING {keys: t.x, ...}
), closed AS (
  UPDATE {history} AS h
  SET _valid_to = greatest($1::timestamptz,
                           h._valid_from + interval '1 microsecond')
  FROM written AS w
  WHERE {keys: h.x = w.x AND ...} AND h._valid_to IS NULL
)
SELECT count(*) FROM written
