-- What the store holds now for the keys of rows that were answered. A later push
-- may have sent the same key: its row stays. Store, job and key come from one
-- list, so that each row is looked up by all three; a plan that begins with the
-- rows of the job takes minutes.
-- $1: push_id, $2: JSON array of {"number", "state", ...}
WITH answered AS MATERIALIZED (
  SELECT p.store, p.job, r.key, r.hash, r.push_id, a.state
  FROM jsonb_to_recordset($2::jsonb) AS a (number bigint, state text)
  JOIN bulkpg.push_row r ON r.push_id = $1::bigint AND r.number = a.number
  JOIN bulkpg.push p ON p.push_id = r.push_id
)
UPDATE bulkpg.push_state AS s
SET state = a.state, hash = a.hash, settled_at = clock_timestamp(),
    prior = NULL
FROM answered a
WHERE s.store = a.store AND s.job = a.job AND s.key = a.key
  AND s.push_id = a.push_id
