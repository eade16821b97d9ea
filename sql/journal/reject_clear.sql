-- Delete the rejects of a run whose load restarts, unless another process has
-- taken over the run.
-- $1: run_id, $2: resumed
DELETE FROM bulkpg.reject
WHERE run_id = $1::bigint
  AND EXISTS (SELECT FROM bulkpg.run
              WHERE run_id = $1::bigint AND resumed = $2::integer)
