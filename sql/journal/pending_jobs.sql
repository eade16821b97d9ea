-- List the jobs that have pending objects: how many may be fetched now, how old
-- the oldest of these is, and when the next one may be fetched. After each
-- failure an object rests twice as long, from 5 seconds up to an hour; after
-- the last it waits for the next good run of its job, or its next event. A
-- failure in the future is none: the clock was set back.
-- $1: how many failures an object may have
WITH resting AS (
  SELECT p.store, p.job, p.first_at,
         CASE WHEN p.tries = 0 OR p.tried_at > clock_timestamp() THEN 0
              ELSE greatest(extract(epoch FROM p.tried_at - clock_timestamp())
                            + least(5 * 2 ^ (p.tries - 1), 3600), 0) END AS rest
  FROM bulkpg.pending p
  WHERE p.tries < $1::integer
)
SELECT store, job, count(*) FILTER (WHERE rest = 0),
       (extract(epoch FROM clock_timestamp()
                           - min(first_at) FILTER (WHERE rest = 0))
        * 1000)::bigint,
       ceil(min(rest) * 1000)::bigint
FROM resting
GROUP BY store, job
ORDER BY store, job
