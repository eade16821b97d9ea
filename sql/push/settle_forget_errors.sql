-- Remove the errors of an earlier answer to rows.
-- $1: push_id, $2: JSON array of {"number", ...}
DELETE FROM bulkpg.push_error AS e
USING jsonb_to_recordset($2::jsonb) AS a (number bigint)
WHERE e.push_id = $1::bigint AND e.number = a.number
