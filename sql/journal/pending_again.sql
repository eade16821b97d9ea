-- Make the objects of recent events pending again, in the transaction of a
-- merge: the result of a bulk operation is as old as the operation, and may
-- have overwritten rows that were fetched later.
-- $1: run_id, $2: GraphQL type of the job's roots
INSERT INTO bulkpg.pending (store, job, object_id, first_at)
SELECT run.store, run.job, e.object_id, min(e.received_at)
FROM bulkpg.run run
JOIN bulkpg.event e ON e.store = run.store AND e.type = $2::text
  AND e.object_id > 0
WHERE run.run_id = $1::bigint
  AND e.received_at >= (SELECT min(o.created_at) - interval '5 minutes'
                        FROM bulkpg.operation o
                        WHERE o.run_id = run.run_id)
GROUP BY run.store, run.job, e.object_id
ORDER BY run.store, run.job, e.object_id
ON CONFLICT (store, job, object_id) DO NOTHING
