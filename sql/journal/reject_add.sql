-- Add rejects, unless another process has taken over the run.
-- $1: run_id, $2: resumed, $3: JSON array of objects, raw in hex
INSERT INTO bulkpg.reject (run_id, operation_id, line_number, byte_offset,
                           table_name, object_id, reason, raw)
SELECT run.run_id, r.operation_id, line_number, byte_offset, table_name,
       object_id, reason, decode(raw, 'hex')
FROM bulkpg.run,
     json_to_recordset($3::json)
  AS r (operation_id text, line_number bigint, byte_offset bigint,
        table_name text, object_id text, reason text, raw text)
WHERE run.run_id = $1::bigint AND run.resumed = $2::integer
RETURNING reject.run_id
