-- New idempotency keys for rows that are sent again.
-- $1: push_id, $2: JSON array of {"number", "key", "variables", ...}; rows
-- without a new key have none
UPDATE bulkpg.push_row AS r
SET idempotency_key = a.key, variables = a.variables
FROM jsonb_to_recordset($2::jsonb)
  AS a (number bigint, key text, variables text)
WHERE r.push_id = $1::bigint AND r.number = a.number AND a.key IS NOT NULL
