-- List pending objects of a job that may be fetched together now, the oldest
-- first, with the time of their last event in microseconds since 1970, and how
-- many objects of the job may be fetched now. See pending_jobs.sql.
--
-- Objects of a batch that failed are fetched apart from all others, in smaller
-- batches. So that neither kind waits for the other for long, the kind of the
-- object that waits longest comes first; of several sizes, the smallest, which
-- soon finds the bad object.
-- $1: store, $2: job, $3: limit, $4: how many failures an object may have
WITH ready AS MATERIALIZED (
  SELECT object_id, first_at, last_at, batch_max,
         CASE WHEN tries = 0 THEN first_at ELSE tried_at END AS waits_since
  FROM bulkpg.pending
  WHERE store = $1 AND job = $2 AND tries < $4::integer
    AND (tries = 0 OR tried_at > clock_timestamp()
         OR tried_at + least(5 * 2 ^ (tries - 1), 3600) * interval '1 second'
            <= clock_timestamp())
  ORDER BY first_at, object_id
  LIMIT $3::bigint
), next AS MATERIALIZED (
  SELECT CASE WHEN first.batch_max IS NOT NULL
              THEN (SELECT min(r.batch_max) FROM ready r) END AS batch_max
  FROM (SELECT batch_max FROM ready ORDER BY waits_since, object_id LIMIT 1)
    AS first
)
SELECT r.object_id, (extract(epoch FROM r.last_at) * 1000000)::bigint,
       (SELECT count(*) FROM ready)
FROM ready r
JOIN next ON r.batch_max IS NOT DISTINCT FROM next.batch_max
ORDER BY r.first_at, r.object_id
LIMIT (SELECT CASE WHEN batch_max IS NOT NULL THEN greatest(batch_max, 1) END
       FROM next)
