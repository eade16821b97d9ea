-- The rows of these lines of a chunk, with what was sent.
-- $1: push_id, $2: n, $3: lines
SELECT r.line, r.number, r.variables, r.tries
FROM bulkpg.push_row r
WHERE r.push_id = $1::bigint AND r.n = $2::integer
  AND r.n > 0 AND r.line = ANY ($3::bigint[])
ORDER BY r.line
