-- Delete old pushes that have no rows any more. The newest of each store and job
-- is kept. For a week, the markers of all submissions must be known.
-- $1: age in milliseconds
DELETE FROM bulkpg.push p
WHERE p.finished_at
    < clock_timestamp() - greatest($1::bigint * interval '1 millisecond',
                                   interval '8 days')
  AND p.status NOT IN ('running', 'interrupted')
  AND EXISTS (SELECT FROM bulkpg.push newer
              WHERE newer.store = p.store AND newer.job = p.job
                AND newer.push_id > p.push_id)
  AND NOT EXISTS (SELECT FROM bulkpg.push_row r WHERE r.push_id = p.push_id)
