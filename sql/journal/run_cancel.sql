-- Cancel a run for the command `cancel`, unless it has ended or is merging.
-- $1: run_id
UPDATE bulkpg.run
SET status = 'canceled', error_code = 'CANCELED',
    error = 'canceled by the command cancel',
    finished_at = clock_timestamp()
WHERE run_id = $1::bigint
  AND status IN ('submitting', 'waiting', 'polling', 'loading', 'interrupted')
RETURNING run_id
