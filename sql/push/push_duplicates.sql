-- The keys that several rows of a push have: how many, and the first three.
-- $1: push_id
SELECT count(*), string_agg(key, ', ') FILTER (WHERE at <= 3)
FROM (
  SELECT left(key, 100) AS key, row_number() OVER (ORDER BY min(number)) AS at
  FROM bulkpg.push_row
  WHERE push_id = $1::bigint AND key IS NOT NULL AND state <> 'invalid'
  GROUP BY push_row.key
  HAVING count(*) > 1
) AS twice
