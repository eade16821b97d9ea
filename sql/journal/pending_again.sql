-- Make the objects of recent events pending again, in the transaction of a
-- merge: the result of a bulk operation is as old as the operation, and may
-- have overwritten rows that were fetched later. A saved result has no
-- operation: it may be older than all events. Rows are locked in the order of
-- their keys, as a listener does, and before any other row of the table, so
-- that no two transactions wait for each other.
-- $1: run_id, $2: GraphQL type of the job's roots
INSERT INTO bulkpg.pending AS p (store, job, object_id, first_at)
SELECT run.store, run.job, e.object_id, min(e.received_at)
FROM bulkpg.run run
JOIN bulkpg.event e ON e.store = run.store AND e.type = $2::text
  AND e.object_id > 0
WHERE run.run_id = $1::bigint
  AND e.received_at >= (SELECT coalesce(min(o.created_at)
                                        - interval '5 minutes', '-infinity')
                        FROM bulkpg.operation o
                        WHERE o.run_id = run.run_id)
GROUP BY run.store, run.job, e.object_id
ORDER BY run.store, run.job, e.object_id
ON CONFLICT (store, job, object_id) DO UPDATE
  SET last_at = greatest(EXCLUDED.last_at,
                         p.last_at + interval '1 microsecond'),
      tries = 0, tried_at = NULL
