-- The next rows that are sent as single requests: `sending` before they go, as
-- in chunk_submitting.sql. Rows whose outcome is unknown may be sent again.
-- The prior state of a row that was `sending` already is `unknown`: an earlier
-- request may have had its effect, although this one may prove not to be sent.
-- A row that seems to be sent later than now, because the clock was set back, is
-- as old as one that was sent too long ago.
-- $1: push_id, $2: resumed, $3: n, $4: rows, $5: which: planned, again,
-- idempotent (also of an earlier process), $6: most tries of a row, $7: number
-- of the first line, $8: milliseconds since the first sending, after which a row
-- is not sent again
WITH fence AS MATERIALIZED (
  SELECT push_id, store, job FROM bulkpg.push
  WHERE push_id = $1::bigint AND resumed = $2::integer AND status = 'running'
  FOR KEY SHARE
), chunk AS (
  UPDATE bulkpg.push_chunk c
  SET state = 'running', attempt = greatest(attempt, 1),
      sent_at = coalesce(sent_at, clock_timestamp())
  FROM fence f
  WHERE c.push_id = f.push_id AND c.n = $3::integer
), next AS MATERIALIZED (
  SELECT r.push_id, r.number
  FROM bulkpg.push_row r
  JOIN fence f USING (push_id)
  WHERE r.n = $3::integer AND r.n > 0 AND r.line >= $7::bigint
    AND CASE $5
        WHEN 'planned' THEN r.state = 'planned'
        WHEN 'again' THEN r.state = 'unknown' AND r.tries < $6::integer
          AND r.first_sent_at BETWEEN
                clock_timestamp() - $8::bigint * interval '1 millisecond'
                AND clock_timestamp() + interval '1 hour'
        WHEN 'idempotent' THEN
          (r.state = 'sending' OR (r.state = 'unknown'
                                   AND r.tries < $6::integer))
          AND r.first_sent_at BETWEEN
                clock_timestamp() - $8::bigint * interval '1 millisecond'
                AND clock_timestamp() + interval '1 hour'
        END
  ORDER BY r.line
  LIMIT $4::integer
), sent AS (
  UPDATE bulkpg.push_row r
  SET state = 'sending',
      tries = tries + 1,
      first_sent_at = coalesce(first_sent_at, clock_timestamp())
  FROM next x
  WHERE r.push_id = x.push_id AND r.number = x.number
  RETURNING r.line, r.key, r.hash, r.variables, r.tries
), known AS (
  INSERT INTO bulkpg.push_state AS s
    (store, job, key, hash, push_id, state)
  SELECT f.store, f.job, t.key, t.hash, f.push_id, 'sending'
  FROM sent t, fence f
  ON CONFLICT (store, job, key) DO UPDATE
  SET hash = excluded.hash, push_id = excluded.push_id, state = 'sending',
      settled_at = NULL,
      prior = jsonb_build_object(
        'hash', s.hash, 'push_id', s.push_id,
        'state', CASE WHEN s.state = 'sending'
                        AND s.push_id = excluded.push_id
                 THEN 'unknown' ELSE s.state END,
        'settled_at', s.settled_at)
)
SELECT t.line, t.variables, t.tries
FROM fence f
LEFT JOIN sent t ON true
ORDER BY t.line
