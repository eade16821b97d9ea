-- Take over a push. The lock conflicts with that of push_fence.sql, so that
-- transactions of the earlier process end first.
-- $1: push_id, $2: resumed
WITH push AS MATERIALIZED (
  SELECT push_id FROM bulkpg.push
  WHERE push_id = $1::bigint AND resumed = $2::integer
  FOR UPDATE
)
UPDATE bulkpg.push AS p
SET resumed = p.resumed + 1, status = 'running', finished_at = NULL,
    error_code = NULL, error = NULL, notes = p.notes - 'remedy'
FROM push
WHERE p.push_id = push.push_id
RETURNING p.resumed
