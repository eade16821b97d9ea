-- Older unfinished runs of (store, job) will not be resumed.
-- $1: store, $2: job, $3: the run to keep
UPDATE bulkpg.run
SET status = 'failed', error_code = 'SUPERSEDED',
    error = 'a newer run took its place', finished_at = clock_timestamp()
WHERE store = $1 AND job = $2 AND run_id <> $3::bigint
  AND status IN ('submitting', 'waiting', 'polling', 'loading', 'merging',
                 'interrupted')
RETURNING run_id
