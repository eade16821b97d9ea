-- Rows of a push in one of these states that no later push has sent, in pages;
-- and whether their submission may still be found, or they are too old.
-- $1: push_id, $2: number of the last row of the page before, $3: states,
-- $4: rows of a page, $5: milliseconds since the first sending, after which a
-- row is too old (NULL: never)
SELECT r.number, r.key, r.variables, r.before, r.idempotency_key, r.hash,
       r.state = 'held' AND c.state <> 'settled',
       coalesce(r.first_sent_at <= clock_timestamp()
                  - $5::bigint * interval '1 millisecond', false)
FROM bulkpg.push_row r
JOIN bulkpg.push p USING (push_id)
CROSS JOIN LATERAL (
  SELECT FROM bulkpg.push_state s
  WHERE s.store = p.store AND s.job = p.job AND s.key = r.key
    AND s.push_id = r.push_id
  LIMIT 1
) AS s
LEFT JOIN bulkpg.push_chunk c ON c.push_id = r.push_id AND c.n = r.n
WHERE r.push_id = $1::bigint AND r.number > $2::bigint
  AND r.state = ANY ($3::text[]) AND r.variables IS NOT NULL
ORDER BY r.number
LIMIT $4::bigint
