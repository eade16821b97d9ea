-- Fetching objects of a job has failed.
-- $1: store, $2: job, $3: JSON array of their ids (NULL: all that may be
-- fetched now, and those that rest)
UPDATE bulkpg.pending p
SET tries = p.tries + 1, tried_at = clock_timestamp()
FROM (
  SELECT object_id FROM bulkpg.pending
  WHERE store = $1 AND job = $2
    AND ($3::jsonb IS NULL
         OR object_id IN (SELECT id::bigint
                          FROM jsonb_array_elements_text($3::jsonb) AS id))
  ORDER BY object_id
  FOR UPDATE
) AS ours
WHERE p.store = $1 AND p.job = $2 AND p.object_id = ours.object_id
  AND p.tries < 12
