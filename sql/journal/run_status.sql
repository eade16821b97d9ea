-- Set the status of an unfinished run.
-- $1: run_id, $2: resumed, $3: status
UPDATE bulkpg.run SET status = $3
WHERE run_id = $1::bigint AND resumed = $2::integer
  AND status NOT IN ('loaded', 'loaded_with_rejects', 'failed', 'canceled')
RETURNING run_id
