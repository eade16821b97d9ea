-- A chunk is settled: all its rows have their states.
-- $1: push_id, $2: n, $3: error_code, $4: error
UPDATE bulkpg.push_chunk
SET state = 'settled', target = NULL, error_code = coalesce($3, error_code),
    error = coalesce($4, error)
WHERE push_id = $1::bigint AND n = $2::integer
