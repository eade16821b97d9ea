-- The first three errors of invalid rows.
-- $1: push_id
SELECT string_agg(message, '; ' ORDER BY number)
FROM (
  SELECT number, left(message, 300) AS message
  FROM bulkpg.push_error
  WHERE push_id = $1::bigint AND n = 0
  ORDER BY number LIMIT 3
) AS first
