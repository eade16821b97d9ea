-- Set the head row of a run to its next page. Lock the run's row, so that no
-- other process can take over the run until the transaction ends. If the run is
-- not loading, has been taken over, or its head row does not have the page
-- before this one, the division by zero ends the transaction.
-- $1: run_id, $2: resumed, $3: the page before, $4: head
WITH fence AS MATERIALIZED (
  SELECT run_id FROM bulkpg.run
  WHERE run_id = $1::bigint AND resumed = $2::integer
    AND (status = 'loading' OR status = 'dry' AND finished_at IS NULL)
  FOR NO KEY UPDATE
), advanced AS (
  UPDATE bulkpg.frontier f SET head = $4::json, committed_at = clock_timestamp()
  FROM fence
  WHERE f.run_id = fence.run_id AND f.number = 0
    AND (f.head ->> 'page')::bigint = $3::bigint
  RETURNING f.run_id
)
SELECT 1 / count(*) FROM advanced
