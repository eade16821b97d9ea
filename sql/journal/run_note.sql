-- Merge a JSON object into the notes of an unfinished run.
-- $1: run_id, $2: resumed, $3: a JSON object
UPDATE bulkpg.run SET notes = notes || $3::jsonb
WHERE run_id = $1::bigint AND resumed = $2::integer
  AND status NOT IN ('loaded', 'loaded_with_rejects', 'failed', 'canceled')
  AND (status <> 'dry' OR finished_at IS NULL)
RETURNING run_id
