-- The newest push of a job, and the newest one that is running; 0: none.
-- $1: store, $2: job
SELECT coalesce(max(push_id), 0),
       coalesce(max(push_id) FILTER (WHERE status = 'running'), 0)
FROM bulkpg.push
WHERE store = $1 AND job = $2
