-- Rows of a push in one of these states that no later push has sent, in pages.
-- With $5, those whose first sending is older are left out.
-- $1: push_id, $2: number of the last row of the page before, $3: states,
-- $4: rows of a page, $5: milliseconds (NULL: any age)
SELECT r.number, r.key, r.variables, r.before, r.idempotency_key
FROM bulkpg.push_row r
JOIN bulkpg.push p USING (push_id)
JOIN bulkpg.push_state s
  ON s.store = p.store AND s.job = p.job AND s.key = r.key
     AND s.push_id = r.push_id
LEFT JOIN bulkpg.push_chunk c ON c.push_id = r.push_id AND c.n = r.n
WHERE r.push_id = $1::bigint AND r.number > $2::bigint
  AND r.state = ANY ($3::text[]) AND r.variables IS NOT NULL
  AND (r.state <> 'held' OR c.state = 'settled')
  AND ($5::bigint IS NULL
       OR r.first_sent_at
          > clock_timestamp() - $5::bigint * interval '1 millisecond')
ORDER BY r.number
LIMIT $4::bigint
