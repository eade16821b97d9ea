-- Cancel a push that is not finished.
-- $1: push_id
UPDATE bulkpg.push
SET status = 'canceled', finished_at = clock_timestamp()
WHERE push_id = $1::bigint AND status IN ('running', 'interrupted')
RETURNING push_id
