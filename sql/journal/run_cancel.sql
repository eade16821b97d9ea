-- Cancel a run for the command `cancel`, unless it has ended or is merging. A
-- dry run keeps the status dry.
-- $1: run_id
UPDATE bulkpg.run
SET status = CASE status WHEN 'dry' THEN status ELSE 'canceled' END,
    error_code = 'CANCELED',
    error = 'canceled by the command cancel',
    finished_at = clock_timestamp()
WHERE run_id = $1::bigint
  AND (status IN ('submitting', 'waiting', 'polling', 'loading', 'interrupted')
       OR status = 'dry' AND finished_at IS NULL)
RETURNING run_id
