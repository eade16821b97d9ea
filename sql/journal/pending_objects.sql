-- List the pending objects of a job that may be fetched now, the oldest first,
-- with the time of their last event in microseconds since 1970. See
-- pending_jobs.sql.
-- $1: store, $2: job, $3: limit
SELECT object_id, (extract(epoch FROM last_at) * 1000000)::bigint
FROM bulkpg.pending
WHERE store = $1 AND job = $2 AND tries < 12
  AND (tries = 0 OR tried_at > clock_timestamp()
       OR tried_at + least(5 * 2 ^ (tries - 1), 3600) * interval '1 second'
          <= clock_timestamp())
ORDER BY first_at, object_id
LIMIT $3::bigint
