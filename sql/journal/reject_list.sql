-- List the first rejects of a run, with the beginning of each line in hex.
-- $1: run_id, $2: limit
SELECT operation_id, line_number, byte_offset, table_name, object_id, reason,
       encode(substring(raw FROM 1 FOR 4096), 'hex')
FROM bulkpg.reject
WHERE run_id = $1::bigint
ORDER BY line_number
LIMIT $2::bigint
