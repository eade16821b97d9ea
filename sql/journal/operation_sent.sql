-- Record that an operation is being submitted again, or that the store refused
-- it.
-- $1: run_id, $2: n, $3: attempt, $4: sent
UPDATE bulkpg.operation
SET sent_at = CASE WHEN $4::boolean THEN clock_timestamp() END
WHERE run_id = $1::bigint AND n = $2::integer AND attempt = $3::integer
RETURNING run_id
