-- It is not known whether the store has run these rows, and bulkpg must not
-- send them again. The chunk remains `submitting`, so that later pushes look for
-- its operation.
-- $1: push_id, $2: resumed, $3: n
WITH fence AS MATERIALIZED (
  SELECT push_id, store, job FROM bulkpg.push
  WHERE push_id = $1::bigint AND resumed = $2::integer AND status = 'running'
  FOR KEY SHARE
), held AS (
  UPDATE bulkpg.push_row r
  SET state = 'held'
  FROM fence f
  WHERE r.push_id = f.push_id AND r.n = $3::integer AND r.n > 0
    AND r.state = 'sending'
  RETURNING f.store, f.job, r.push_id, r.key
), known AS (
  UPDATE bulkpg.push_state s
  SET state = 'held'
  FROM held t
  WHERE s.store = t.store AND s.job = t.job AND s.key = t.key
    AND s.push_id = t.push_id AND s.state = 'sending'
)
SELECT (SELECT count(*) FROM held) FROM fence
