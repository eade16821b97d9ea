-- A new chunk with the rows of a settled one whose outcome is unknown, unless
-- they were sent often enough, or too long ago for their idempotency keys. A row
-- that seems to be sent later than now, because the clock was set back, was also
-- sent too long ago.
-- $1: push_id, $2: resumed, $3: n, $4: most tries of a row, $5: milliseconds
-- since the first sending, after which a row is not sent again (0: always)
WITH fence AS MATERIALIZED (
  SELECT push_id FROM bulkpg.push
  WHERE push_id = $1::bigint AND resumed = $2::integer AND status = 'running'
  FOR KEY SHARE
), again AS MATERIALIZED (
  SELECT r.push_id, r.number, octet_length(r.variables) + 1 AS bytes,
         row_number() OVER (ORDER BY r.line) - 1 AS line
  FROM bulkpg.push_row r
  JOIN fence f USING (push_id)
  WHERE r.n = $3::integer AND r.n > 0 AND r.state = 'unknown'
    AND r.tries < $4::integer
    AND ($5::bigint = 0
         OR r.first_sent_at BETWEEN
              clock_timestamp() - $5::bigint * interval '1 millisecond'
              AND clock_timestamp() + interval '1 hour')
), chunk AS (
  INSERT INTO bulkpg.push_chunk (push_id, n, lines, bytes, repeats)
  SELECT a.push_id,
         (SELECT max(c.n) + 1 FROM bulkpg.push_chunk c
          WHERE c.push_id = a.push_id),
         count(*), sum(a.bytes),
         (SELECT c.repeats + 1 FROM bulkpg.push_chunk c
          WHERE c.push_id = a.push_id AND c.n = $3::integer)
  FROM again a
  GROUP BY a.push_id
  RETURNING push_id, n
), moved AS (
  UPDATE bulkpg.push_row r
  SET n = c.n, line = a.line
  FROM again a, chunk c
  WHERE r.push_id = a.push_id AND r.number = a.number
)
SELECT (SELECT n FROM chunk) FROM fence
