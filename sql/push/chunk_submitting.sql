-- The commit before a chunk is submitted. From here on, the store may have run
-- its rows, so they are `sending`, and so are their keys. What a key was before
-- is kept, in case the store refuses the submission.
-- If a submission was refused, rows and keys are `sending` already.
-- $1: push_id, $2: resumed, $3: n
WITH fence AS MATERIALIZED (
  SELECT push_id, store, job FROM bulkpg.push
  WHERE push_id = $1::bigint AND resumed = $2::integer AND status = 'running'
  FOR KEY SHARE
), draw AS MATERIALIZED (
  SELECT gen_random_uuid()::text AS random
), chunk AS (
  UPDATE bulkpg.push_chunk c
  SET state = 'submitting',
      attempt = attempt + 1,
      marker = format('# bulkpg %s/push/%s/%s.%s/%s',
                      (SELECT journal_uuid FROM bulkpg.meta), c.push_id, c.n,
                      attempt + 1, d.random),
      randoms = array_append(randoms, d.random),
      sent_at = clock_timestamp()
  FROM fence f, draw d
  WHERE c.push_id = f.push_id AND c.n = $3::integer
    AND c.state IN ('planned', 'staged', 'uploaded', 'submitting')
  RETURNING c.push_id, c.n, c.marker
), sent AS (
  UPDATE bulkpg.push_row r
  SET state = 'sending',
      tries = tries + 1,
      first_sent_at = coalesce(first_sent_at, clock_timestamp())
  FROM chunk c
  WHERE r.push_id = c.push_id AND r.n = c.n AND r.n > 0
    AND r.state IN ('planned', 'unknown')
  RETURNING r.key, r.hash
), known AS (
  INSERT INTO bulkpg.push_state AS s
    (store, job, key, hash, push_id, state)
  SELECT f.store, f.job, t.key, t.hash, f.push_id, 'sending'
  FROM sent t, fence f
  ON CONFLICT (store, job, key) DO UPDATE
  SET hash = excluded.hash, push_id = excluded.push_id, state = 'sending',
      settled_at = NULL,
      prior = jsonb_build_object('hash', s.hash, 'push_id', s.push_id,
                                 'state', s.state, 'settled_at', s.settled_at)
)
SELECT marker FROM chunk
