-- Delete the rows of old pushes. A push is kept while one of its rows is in
-- doubt, or was refused and may be retried.
-- $1: age in milliseconds
WITH old AS (
  SELECT p.push_id
  FROM bulkpg.push p
  WHERE p.finished_at
      < clock_timestamp() - $1::bigint * interval '1 millisecond'
    AND p.status NOT IN ('running', 'interrupted')
    AND NOT EXISTS (SELECT FROM bulkpg.push_chunk c
                    WHERE c.push_id = p.push_id AND c.state <> 'settled')
    AND NOT EXISTS (SELECT FROM bulkpg.push_state s
                    WHERE s.store = p.store AND s.job = p.job
                      AND s.push_id = p.push_id
                      AND s.state IN ('sending', 'unknown', 'held',
                                      'refused', 'partly'))
), errors AS (
  DELETE FROM bulkpg.push_error e USING old WHERE e.push_id = old.push_id
)
DELETE FROM bulkpg.push_row r USING old WHERE r.push_id = old.push_id
