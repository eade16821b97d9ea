-- Add the operation of a run that is read page by page. It has no id; its
-- status distinguishes it from an operation whose submission was not answered.
-- A run that begins from scratch replaces it.
-- $1: run_id, $2: resumed, $3: query, $4: window_from, $5: window_to,
-- $6: created_at
WITH mine AS (
  UPDATE bulkpg.run SET submitted_at = coalesce(submitted_at, clock_timestamp())
  WHERE run_id = $1::bigint AND resumed = $2::integer
    AND status NOT IN ('loaded', 'loaded_with_rejects', 'failed', 'canceled')
    AND (status <> 'dry' OR finished_at IS NULL)
  RETURNING run_id
)
INSERT INTO bulkpg.operation (run_id, n, attempt, status, sent_at, query,
                              window_from, window_to, created_at)
SELECT run_id, 1, 1, 'RUNNING', NULL, $3, $4::timestamptz, $5::timestamptz,
       $6::timestamptz
FROM mine
ON CONFLICT (run_id, n, attempt) DO UPDATE
SET status = excluded.status, query = excluded.query,
    created_at = excluded.created_at, completed_at = NULL,
    lines = NULL, bytes = NULL, error_code = NULL
RETURNING run_id
