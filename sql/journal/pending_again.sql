-- Make the objects of recent events pending again, in the transaction of a
-- merge: the result of a bulk operation is as old as the operation, and may
-- have overwritten rows that were fetched later.
--
-- Which events may the result lack? Received times and started_at are of the
-- same clock, and an operation is created after its run has begun. So a change
-- whose event was received before started_at is in the result, and a change
-- that the result lacks has, unless it is lost, an event since then.
--   since started_at  The object is pending again. Usually it is pending still,
--                     because a run with ids needs the claim of the job. It was
--                     fetched if this run was interrupted meanwhile, and it has
--                     no row if the query is newer than the event's listener
--                     knew.
--   before            The object is pending again if a run with ids has loaded
--                     rows since this run began: it was interrupted, and its
--                     older result may replace rows of changes whose event was
--                     lost. Else this is only a precaution, against a clock
--                     that was set back. So it is left out if it would cause
--                     another ordinary run, which would do the same again:
--                     for more than 1,000 objects, and if objects of this job
--                     are not fetched by their ids yet.
-- An event of the future was received before the clock was set back, and counts
-- as one before the run. A saved result may be older than all events, and has
-- no operation.
--
-- Rows are locked in the order of their keys, as a listener does, and before
-- any other row of the table, so that no two transactions wait for each other.
-- $1: run_id, $2: GraphQL type of the job's roots, $3: is this run a reference
-- for later ones?
WITH run AS MATERIALIZED (
  SELECT r.store, r.job, r.started_at,
         r.mode = 'replay' OR EXISTS (
           SELECT FROM bulkpg.run later
           WHERE later.store = r.store AND later.job = r.job
             AND later.mode = 'ids' AND later.run_id > r.run_id
             AND later.status IN ('loaded', 'loaded_with_rejects')) AS is_older,
         $3::boolean OR r.plan_hash IS NOT DISTINCT FROM (
           SELECT good.plan_hash FROM bulkpg.run good
           WHERE good.store = r.store AND good.job = r.job
             AND good.mode IN ('full', 'incremental')
             AND (good.status = 'loaded'
                  OR good.status = 'loaded_with_rejects'
                     AND good.notes ? 'accepted_rejects')
             AND NOT (good.mode = 'incremental'
                      AND good.mode_reason IS NOT DISTINCT FROM 'asked')
           ORDER BY good.run_id DESC
           LIMIT 1) AS is_known,
         coalesce(least((SELECT min(o.created_at) FROM bulkpg.operation o
                         WHERE o.run_id = r.run_id) - interval '5 minutes',
                        CASE WHEN r.mode <> 'replay' THEN r.started_at END),
                  '-infinity') AS since
  FROM bulkpg.run r
  WHERE r.run_id = $1::bigint
), recent AS MATERIALIZED (
  SELECT e.object_id, min(e.received_at) AS first_at,
         max(e.received_at) FILTER (WHERE e.received_at <= clock_timestamp())
           AS last_at
  FROM run
  JOIN bulkpg.event e ON e.store = run.store AND e.type = $2::text
    AND e.object_id > 0 AND e.received_at >= run.since
  GROUP BY e.object_id
)
INSERT INTO bulkpg.pending AS p (store, job, object_id, first_at)
SELECT run.store, run.job, recent.object_id, recent.first_at
FROM run
CROSS JOIN recent
WHERE run.is_older OR recent.last_at >= run.started_at
   OR run.is_known AND (SELECT count(*) FROM recent) <= 1000
ORDER BY run.store, run.job, recent.object_id
ON CONFLICT (store, job, object_id) DO UPDATE
  SET last_at = CASE WHEN p.last_at > clock_timestamp() THEN EXCLUDED.last_at
                     ELSE greatest(EXCLUDED.last_at,
                                   p.last_at + interval '1 microsecond') END,
      tries = 0, tried_at = NULL
