-- Record that loading begins, and delete the rejects of an earlier attempt,
-- unless this one continues it. loaded_at becomes the _loaded_at of the rows
-- that the load changes. A dry run keeps the status dry.
-- $1: run_id, $2: resumed, $3: 1 if it continues, else 0
WITH cleared AS (
  DELETE FROM bulkpg.reject
  WHERE run_id = $1::bigint AND $3::integer = 0
    AND EXISTS (SELECT FROM bulkpg.run
                WHERE run_id = $1::bigint AND resumed = $2::integer)
)
UPDATE bulkpg.run
SET status = CASE status WHEN 'dry' THEN status ELSE 'loading' END,
    loaded_at = clock_timestamp()
WHERE run_id = $1::bigint AND resumed = $2::integer
  AND status NOT IN ('loaded', 'loaded_with_rejects', 'failed', 'canceled')
  AND (status <> 'dry' OR finished_at IS NULL)
RETURNING to_char(loaded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
