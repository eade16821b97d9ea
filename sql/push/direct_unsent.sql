-- These requests were never sent: rows and keys are what they were before.
-- $1: push_id, $2: resumed, $3: n, $4: array of lines
WITH fence AS MATERIALIZED (
  SELECT push_id, store, job FROM bulkpg.push
  WHERE push_id = $1::bigint AND resumed = $2::integer AND status = 'running'
  FOR KEY SHARE
), unsent AS (
  UPDATE bulkpg.push_row r
  SET state = CASE WHEN r.tries > 1 THEN 'unknown' ELSE 'planned' END,
      tries = tries - 1
  FROM fence f
  WHERE r.push_id = f.push_id AND r.n = $3::integer AND r.n > 0
    AND r.line = ANY ($4::bigint[]) AND r.state = 'sending'
  RETURNING f.store, f.job, r.push_id, r.key
), forgotten AS (
  DELETE FROM bulkpg.push_state s
  USING unsent t
  WHERE s.store = t.store AND s.job = t.job AND s.key = t.key
    AND s.push_id = t.push_id AND s.state = 'sending' AND s.prior IS NULL
), restored AS (
  UPDATE bulkpg.push_state s
  SET hash = prior->>'hash',
      push_id = (prior->>'push_id')::bigint,
      state = prior->>'state',
      settled_at = (prior->>'settled_at')::timestamptz,
      prior = NULL
  FROM unsent t
  WHERE s.store = t.store AND s.job = t.job AND s.key = t.key
    AND s.push_id = t.push_id AND s.state = 'sending' AND s.prior IS NOT NULL
)
SELECT (SELECT count(*) FROM unsent) FROM fence
