-- The requests have ended. Rows that are still `sending` were sent by an
-- earlier process, and their outcome is not known: they are held, or, if
-- they may be sent again, unknown. Rows that were not sent are skipped. The
-- chunk is settled.
-- $1: push_id, $2: resumed, $3: n, $4: may rows be sent again?
WITH fence AS MATERIALIZED (
  SELECT push_id, store, job FROM bulkpg.push
  WHERE push_id = $1::bigint AND resumed = $2::integer AND status = 'running'
  FOR KEY SHARE
), ended AS (
  UPDATE bulkpg.push_row r
  SET state = CASE WHEN r.state = 'planned' THEN 'skipped'
              WHEN $4::boolean THEN 'unknown' ELSE 'held' END
  FROM fence f
  WHERE r.push_id = f.push_id AND r.n = $3::integer AND r.n > 0
    AND (r.state IN ('planned', 'sending')
         OR r.state = 'unknown' AND NOT $4::boolean)
  RETURNING f.store, f.job, r.push_id, r.key, r.state
), known AS (
  UPDATE bulkpg.push_state s
  SET state = t.state
  FROM ended t
  WHERE s.store = t.store AND s.job = t.job AND s.key = t.key
    AND s.push_id = t.push_id AND s.state IN ('sending', 'unknown')
    AND t.state <> 'skipped'
), chunk AS (
  UPDATE bulkpg.push_chunk c
  SET state = 'settled'
  FROM fence f
  WHERE c.push_id = f.push_id AND c.n = $3::integer
)
SELECT (SELECT count(*) FROM ended WHERE state = 'held'),
       (SELECT count(*) FROM ended WHERE state = 'unknown')
FROM fence
