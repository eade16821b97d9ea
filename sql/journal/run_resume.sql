-- Take over an unfinished run. Fails with 55P03 if a merge has locked its row.
-- $1: run_id, $2: the expected value of resumed, $3: status
WITH free AS MATERIALIZED (
  SELECT run_id FROM bulkpg.run WHERE run_id = $1::bigint
  FOR NO KEY UPDATE NOWAIT
)
UPDATE bulkpg.run r
SET resumed = resumed + 1, resumed_at = clock_timestamp(), status = $3,
    error_code = NULL, error = NULL,
    finished_at = NULL, notes = notes - 'remedy'
FROM free
WHERE r.run_id = free.run_id AND resumed = $2::integer
  AND status IN ('submitting', 'waiting', 'polling', 'loading', 'merging',
                 'interrupted')
RETURNING resumed
