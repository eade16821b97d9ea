-- Nothing of these chunks was submitted, and nothing will be: their rows are
-- skipped, and the keys are what they were before. Rows that were sent before,
-- in another chunk, stay unknown.
-- $1: push_id, $2: resumed
WITH fence AS MATERIALIZED (
  SELECT push_id, store, job FROM bulkpg.push
  WHERE push_id = $1::bigint AND resumed = $2::integer AND status = 'running'
  FOR KEY SHARE
), chunk AS (
  UPDATE bulkpg.push_chunk c
  SET state = 'settled', target = NULL,
      error_code = coalesce(error_code, 'SKIPPED')
  FROM fence f
  WHERE c.push_id = f.push_id AND c.state IN ('planned', 'staged', 'uploaded')
  RETURNING c.push_id, c.n
), skipped AS (
  UPDATE bulkpg.push_row r
  SET state = CASE WHEN r.tries > (r.state = 'sending')::integer
              THEN 'unknown' ELSE 'skipped' END,
      tries = tries - (r.state = 'sending')::integer
  FROM fence f, chunk c
  WHERE r.push_id = c.push_id AND r.n = c.n AND r.n > 0
    AND r.state IN ('planned', 'sending', 'unknown')
  RETURNING f.store, f.job, r.push_id, r.key
), forgotten AS (
  DELETE FROM bulkpg.push_state s
  USING skipped t
  WHERE s.store = t.store AND s.job = t.job AND s.key = t.key
    AND s.push_id = t.push_id AND s.state = 'sending' AND s.prior IS NULL
), restored AS (
  UPDATE bulkpg.push_state s
  SET hash = prior->>'hash',
      push_id = (prior->>'push_id')::bigint,
      state = prior->>'state',
      settled_at = (prior->>'settled_at')::timestamptz,
      prior = NULL
  FROM skipped t
  WHERE s.store = t.store AND s.job = t.job AND s.key = t.key
    AND s.push_id = t.push_id AND s.state = 'sending' AND s.prior IS NOT NULL
)
SELECT (SELECT count(*) FROM chunk) FROM fence
