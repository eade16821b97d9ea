-- Rows of a push in one of these states that no later push has sent, in pages;
-- and whether their submission may still be found, or they are too old. A page
-- has at least one row, unless there are no more.
-- $1: push_id, $2: number of the last row of the page before, $3: states,
-- $4: most rows of a page, $5: milliseconds since the first sending, after which
-- a row is too old (NULL: never), as is one that seems to be sent later than
-- now, because the clock was set back; $6: bytes after which a page ends
WITH next AS MATERIALIZED (
  SELECT r.number,
         octet_length(r.variables) + coalesce(octet_length(r.before), 0)
           AS bytes
  FROM bulkpg.push_row r
  JOIN bulkpg.push p USING (push_id)
  CROSS JOIN LATERAL (
    SELECT FROM bulkpg.push_state s
    WHERE s.store = p.store AND s.job = p.job AND s.key = r.key
      AND s.push_id = r.push_id
    LIMIT 1
  ) AS s
  WHERE r.push_id = $1::bigint AND r.number > $2::bigint
    AND r.state = ANY ($3::text[]) AND r.variables IS NOT NULL
  ORDER BY r.number
  LIMIT $4::bigint
), page AS MATERIALIZED (
  SELECT number, sum(bytes) OVER (ORDER BY number) - bytes AS begins FROM next
)
SELECT r.number, r.key, r.variables, r.before, r.idempotency_key, r.hash,
       r.state = 'held' AND c.state <> 'settled',
       coalesce(r.first_sent_at NOT BETWEEN
                  clock_timestamp() - $5::bigint * interval '1 millisecond'
                  AND clock_timestamp() + interval '1 hour',
                false) AND $5 IS NOT NULL,
       r.first_sent_at::text
FROM page
JOIN bulkpg.push_row r ON r.push_id = $1::bigint AND r.number = page.number
LEFT JOIN bulkpg.push_chunk c ON c.push_id = r.push_id AND c.n = r.n
WHERE page.begins < $6::bigint
ORDER BY r.number
