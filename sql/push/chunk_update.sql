-- Set the state of a chunk; NULL leaves a column as it is. The target of an
-- upload is a secret, and is forgotten as soon as the operation runs.
-- $1: push_id, $2: resumed, $3: n, $4: state, $5: target, $6: operation_id,
-- $7: object_count, $8: file_size, $9: error_code, $10: error
WITH fence AS MATERIALIZED (
  SELECT push_id FROM bulkpg.push
  WHERE push_id = $1::bigint AND resumed = $2::integer AND status = 'running'
  FOR KEY SHARE
)
UPDATE bulkpg.push_chunk c
SET state = $4,
    target = CASE WHEN $4 = 'running' THEN NULL ELSE coalesce($5, target) END,
    targets = targets + ($4 = 'staged')::integer,
    operation_id = coalesce($6, operation_id),
    object_count = coalesce($7::bigint, object_count),
    file_size = coalesce($8::bigint, file_size),
    error_code = coalesce($9, error_code),
    error = coalesce($10, error)
FROM fence f
WHERE c.push_id = f.push_id AND c.n = $3::integer
RETURNING c.n
