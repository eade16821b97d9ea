-- Take over an unfinished run. Waits for a merge under way, then looks again.
-- $1: run_id, $2: resumed as last seen, $3: status
UPDATE bulkpg.run
SET resumed = resumed + 1, status = $3, error_code = NULL, error = NULL,
    finished_at = NULL
WHERE run_id = $1::bigint AND resumed = $2::integer
  AND status IN ('submitting', 'waiting', 'polling', 'loading', 'merging',
                 'interrupted')
RETURNING resumed
