-- The states of rows that were answered.
-- $1: push_id, $2: JSON array of {"number", "state", ...}
UPDATE bulkpg.push_row AS r
SET state = a.state
FROM jsonb_to_recordset($2::jsonb) AS a (number bigint, state text)
WHERE r.push_id = $1::bigint AND r.number = a.number
