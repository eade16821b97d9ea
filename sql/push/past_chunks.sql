-- Chunks without rows in doubt are settled.
-- $1: push_id
UPDATE bulkpg.push_chunk AS c
SET state = 'settled', target = NULL
WHERE c.push_id = $1::bigint AND c.state = 'submitting'
  AND NOT EXISTS (SELECT FROM bulkpg.push_row r
                  WHERE r.push_id = c.push_id AND r.n = c.n
                    AND r.state IN ('unknown', 'held', 'sending'))
