-- Update an operation; NULL leaves a column as it is.
-- $1: run_id, $2: n, $3: attempt, $4: operation_id, $5: status,
-- $6: created_at, $7: completed_at, $8 to $12: object_count,
-- root_object_count, file_size, lines, bytes, $13: error_code
UPDATE bulkpg.operation
SET operation_id = coalesce($4, operation_id),
    status = coalesce($5, status),
    created_at = coalesce($6::timestamptz, created_at),
    completed_at = coalesce($7::timestamptz, completed_at),
    object_count = coalesce($8::bigint, object_count),
    root_object_count = coalesce($9::bigint, root_object_count),
    file_size = coalesce($10::bigint, file_size),
    lines = coalesce($11::bigint, lines),
    bytes = coalesce($12::bigint, bytes),
    error_code = coalesce($13, error_code)
WHERE run_id = $1::bigint AND n = $2::integer AND attempt = $3::integer
RETURNING run_id
