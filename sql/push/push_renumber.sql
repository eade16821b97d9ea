-- Put the few rows to send into chunks of $2 lines.
-- $1: push_id, $2: lines of a chunk
UPDATE bulkpg.push_row AS r
SET n = 1 + (o.at / $2::bigint)::integer, line = o.at % $2::bigint
FROM (
  SELECT number, row_number() OVER (ORDER BY number) - 1 AS at
  FROM bulkpg.push_row
  WHERE push_id = $1::bigint AND n > 0
) AS o
WHERE r.push_id = $1::bigint AND r.number = o.number
