-- Record the end of a push, or that it was interrupted, and its counts.
-- $1: push_id, $2: resumed, $3: status, $4: error_code, $5: error, $6: notes,
-- $7 to $14: rows, changed, sent, applied, refused, unknown,
-- unchanged, invalid
UPDATE bulkpg.push
SET status = $3, error_code = $4, error = $5,
    notes = notes || coalesce($6::jsonb, '{}'),
    rows = $7::bigint, changed = $8::bigint, sent = $9::bigint,
    applied = $10::bigint, refused = $11::bigint, unknown = $12::bigint,
    unchanged = $13::bigint, invalid = $14::bigint,
    finished_at = clock_timestamp()
WHERE push_id = $1::bigint AND resumed = $2::integer AND status = 'running'
RETURNING push_id
