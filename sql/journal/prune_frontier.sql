-- Remove the frontiers of runs that can no longer be resumed.
-- $1: age in milliseconds, after which even an interrupted run cannot
DELETE FROM bulkpg.frontier f
USING bulkpg.run r
WHERE r.run_id = f.run_id
  AND (r.status IN ('loaded', 'loaded_with_rejects', 'failed', 'canceled')
       OR coalesce(r.finished_at,
                   CASE r.status WHEN 'dry' THEN r.started_at END)
         < clock_timestamp() - $1::bigint * interval '1 millisecond')
