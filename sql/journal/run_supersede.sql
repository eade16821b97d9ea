-- Supersede the unfinished runs of (store, job). A run that was interrupted
-- before it had an operation left nothing to resume and keeps its error. Fails
-- with 55P03 if a merge has locked one of the rows.
-- $1: store, $2: job, $3: the run to keep
WITH free AS MATERIALIZED (
  SELECT run_id FROM bulkpg.run u
  WHERE store = $1 AND job = $2 AND run_id <> $3::bigint
    AND (status IN ('submitting', 'waiting', 'polling', 'loading', 'merging')
         OR status = 'interrupted'
            AND EXISTS (SELECT FROM bulkpg.operation o
                        WHERE o.run_id = u.run_id))
  FOR NO KEY UPDATE NOWAIT
)
UPDATE bulkpg.run r
SET status = 'failed', error_code = 'SUPERSEDED',
    error = 'a newer run took its place', finished_at = clock_timestamp()
FROM free
WHERE r.run_id = free.run_id
RETURNING r.run_id
