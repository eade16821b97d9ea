-- Add an operation that is about to be submitted. The first one of a run also
-- sets the run's submitted_at.
-- $1: run_id, $2: resumed, $3: n, $4: attempt, $5: query, $6: window_from,
-- $7: window_to
WITH mine AS (
  UPDATE bulkpg.run SET submitted_at = coalesce(submitted_at, clock_timestamp())
  WHERE run_id = $1::bigint AND resumed = $2::integer
    AND status NOT IN ('loaded', 'loaded_with_rejects', 'failed', 'canceled')
    AND (status <> 'dry' OR finished_at IS NULL)
  RETURNING run_id
)
INSERT INTO bulkpg.operation (run_id, n, attempt, query, window_from,
                              window_to)
SELECT run_id, $3::integer, $4::integer, $5, $6::timestamptz, $7::timestamptz
FROM mine
RETURNING run_id
