-- Lines of a chunk without an answer become unknown. With $3, all lines do.
-- $1: push_id, $2: n, $3: all
WITH missing AS (
  UPDATE bulkpg.push_row AS r
  SET state = 'unknown'
  FROM bulkpg.push p
  WHERE p.push_id = r.push_id AND r.push_id = $1::bigint AND r.n = $2::integer AND r.n > 0
    AND (r.state IN ('sending', 'held') OR $3::boolean)
  RETURNING p.store, p.job, r.push_id, r.key
), states AS (
  UPDATE bulkpg.push_state AS s
  SET state = 'unknown', settled_at = clock_timestamp(), prior = NULL
  FROM missing m
  WHERE s.store = m.store AND s.job = m.job AND s.key = m.key
    AND s.push_id = m.push_id
)
SELECT count(*) FROM missing
