-- Fetching objects of a job has failed. If the objects may be the reason, those
-- for which it was not the first time are fetched with at most half as many
-- others from now on. So all but the bad ones get through after a few batches.
-- If 30 objects of the job have failed alone, the reason is not in the objects,
-- and smaller batches do not help. A batch that was divided does not count as a
-- try, so that its other objects rest only for a short time.
-- $1: store, $2: job, $3: JSON array of their ids (NULL: all that may be
-- fetched now, and those that rest), $4: how many were fetched together (NULL:
-- something else is the reason), $5: how many failures an object may have
WITH failed AS MATERIALIZED (
  SELECT object_id, batch_max IS NOT NULL OR tries > 0 AS was_before
  FROM bulkpg.pending
  WHERE store = $1 AND job = $2
    AND ($3::jsonb IS NULL
         OR object_id IN (SELECT id::bigint
                          FROM jsonb_array_elements_text($3::jsonb) AS id))
  ORDER BY object_id
  FOR UPDATE
), divide AS MATERIALIZED (
  SELECT $4::integer AS size
  WHERE $4::integer > 0
    AND (SELECT count(*) FROM bulkpg.pending
         WHERE store = $1 AND job = $2 AND batch_max = 0) < 30
)
UPDATE bulkpg.pending p
SET tries = CASE WHEN divide.size > 1 AND p.tries > 0 THEN p.tries
                 ELSE p.tries + 1 END,
    tried_at = clock_timestamp(),
    batch_max = CASE WHEN divide.size > 0 THEN divide.size / 2
                     ELSE p.batch_max END
FROM failed
LEFT JOIN divide ON failed.was_before
WHERE p.store = $1 AND p.job = $2 AND p.object_id = failed.object_id
  AND p.tries < $5::integer
