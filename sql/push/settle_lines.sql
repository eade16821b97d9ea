-- The rows of these lines of a chunk, with what was sent, and how often: an
-- earlier push that sent the same and saw no answer counts, too. And how often
-- by this push alone.
-- $1: push_id, $2: n, $3: lines
SELECT r.line, r.number, r.variables,
       r.tries + (coalesce(s.prior->>'state' IN ('sending', 'unknown', 'held')
                           AND s.prior->>'hash' = r.hash, false))::integer,
       r.tries
FROM bulkpg.push_row r
JOIN bulkpg.push p USING (push_id)
LEFT JOIN LATERAL (
  SELECT s.prior FROM bulkpg.push_state s
  WHERE s.store = p.store AND s.job = p.job AND s.key = r.key
    AND s.push_id = r.push_id
  LIMIT 1
) AS s ON true
WHERE r.push_id = $1::bigint AND r.n = $2::integer
  AND r.n > 0 AND r.line = ANY ($3::bigint[])
ORDER BY r.line
