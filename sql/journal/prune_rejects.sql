-- Delete the rejects of old runs.
-- $1: age in milliseconds
DELETE FROM bulkpg.reject
WHERE run_id IN (
  SELECT run_id FROM bulkpg.run
  WHERE coalesce(finished_at, CASE status WHEN 'dry' THEN started_at END)
    < clock_timestamp() - $1::bigint * interval '1 millisecond')
