-- Set the status of an unfinished run. A dry run keeps the status dry.
-- $1: run_id, $2: resumed, $3: status
UPDATE bulkpg.run SET status = CASE status WHEN 'dry' THEN status ELSE $3 END
WHERE run_id = $1::bigint AND resumed = $2::integer
  AND status NOT IN ('loaded', 'loaded_with_rejects', 'failed', 'canceled')
  AND (status <> 'dry' OR finished_at IS NULL)
RETURNING run_id
