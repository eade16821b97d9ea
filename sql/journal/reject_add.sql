-- Refused lines, many at once.
-- $1: run_id, $2: JSON array of objects, raw in hex
INSERT INTO bulkpg.reject (run_id, operation_id, line_number, byte_offset,
                           table_name, object_id, reason, raw)
SELECT $1::bigint, operation_id, line_number, byte_offset, table_name,
       object_id, reason, decode(raw, 'hex')
FROM json_to_recordset($2::json)
  AS r (operation_id text, line_number bigint, byte_offset bigint,
        table_name text, object_id text, reason text, raw text)
