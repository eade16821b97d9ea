-- Begin the frontier of a run with its head row, and without any entry.
-- $1: run_id, $2: resumed, $3: head
WITH mine AS (
  SELECT run_id FROM bulkpg.run
  WHERE run_id = $1::bigint AND resumed = $2::integer
    AND status NOT IN ('loaded', 'loaded_with_rejects', 'failed', 'canceled')
    AND (status <> 'dry' OR finished_at IS NULL)
), cleared AS (
  DELETE FROM bulkpg.frontier f USING mine
  WHERE f.run_id = mine.run_id AND f.number > 0
)
INSERT INTO bulkpg.frontier (run_id, number, head, committed_at)
SELECT run_id, 0, $3::json, clock_timestamp() FROM mine
ON CONFLICT (run_id, number) DO UPDATE
SET head = excluded.head, committed_at = excluded.committed_at
RETURNING run_id
