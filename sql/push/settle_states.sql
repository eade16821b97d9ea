-- What the store holds now for the keys of rows that were answered. A later push
-- may have sent the same key: its row stays.
-- $1: push_id, $2: JSON array of {"number", "state", ...}
UPDATE bulkpg.push_state AS s
SET state = a.state, hash = r.hash, settled_at = clock_timestamp(),
    prior = NULL
FROM jsonb_to_recordset($2::jsonb) AS a (number bigint, state text)
JOIN bulkpg.push_row r ON r.push_id = $1::bigint AND r.number = a.number
JOIN bulkpg.push p ON p.push_id = r.push_id
WHERE s.store = p.store AND s.job = p.job AND s.key = r.key
  AND s.push_id = r.push_id
