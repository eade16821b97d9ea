-- The chunks of a push that are not settled; or all of them.
-- $1: push_id, $2: all
SELECT n, attempt, state, lines, bytes, target, targets, repeats, marker,
       operation_id,
       (extract(epoch FROM clock_timestamp() - sent_at) * 1000)::bigint,
       object_count, file_size, error_code
FROM bulkpg.push_chunk
WHERE push_id = $1::bigint AND ($2::boolean OR state <> 'settled')
ORDER BY n
