-- Applied rows of a push that an undo leaves alone: those that a later push has
-- sent, and those that cannot be undone.
-- $1: push_id
WITH applied AS (
  SELECT r.number, left(r.key, 100) AS key, r.before IS NULL AS is_imageless,
         s.key IS NULL AS has_changed
  FROM bulkpg.push_row r
  JOIN bulkpg.push p USING (push_id)
  LEFT JOIN LATERAL (
    SELECT s.key FROM bulkpg.push_state s
    WHERE s.store = p.store AND s.job = p.job AND s.key = r.key
      AND s.push_id = r.push_id
    LIMIT 1
  ) AS s ON true
  WHERE r.push_id = $1::bigint AND r.state = 'applied'
), numbered AS (
  SELECT *, row_number() OVER (
           PARTITION BY has_changed, is_imageless ORDER BY number) AS at
  FROM applied
)
SELECT count(*) FILTER (WHERE has_changed),
       string_agg(key, ', ' ORDER BY number)
         FILTER (WHERE has_changed AND at <= 20),
       count(*) FILTER (WHERE is_imageless AND NOT has_changed),
       string_agg(key, ', ' ORDER BY number)
         FILTER (WHERE is_imageless AND NOT has_changed AND at <= 20)
FROM numbered
