-- Forget the pending objects that a run with ids has fetched, in the
-- transaction of its merge, unless another event was received meanwhile. A row
-- that is locked is left alone: a listener is about to record another event.
-- $1: run_id, $2: JSON array of objects: `id` is the number of the object or
-- its gid, `us` the time of its last event that was read, in microseconds since
-- 1970 (absent: any that was received before the run began)
WITH run AS MATERIALIZED (
  SELECT store, job, started_at FROM bulkpg.run WHERE run_id = $1::bigint
), fetched AS MATERIALIZED (
  SELECT CASE WHEN d.number::numeric <= 9223372036854775807
              THEN d.number::bigint END AS object_id, d.us
  FROM (SELECT substring(f.id FROM '^(?:gid://shopify/[^/]+/)?([0-9]{1,19})$')
                 AS number, f.us
        FROM jsonb_to_recordset($2::jsonb) AS f (id text, us bigint)) d
), ours AS MATERIALIZED (
  SELECT p.store, p.job, p.object_id
  FROM fetched f
  JOIN bulkpg.pending p USING (object_id)
  WHERE p.store = (SELECT store FROM run) AND p.job = (SELECT job FROM run)
    AND (extract(epoch FROM p.last_at) * 1000000)::bigint
      <= coalesce(f.us, (SELECT (extract(epoch FROM started_at) * 1000000)
                                ::bigint
                         FROM run))
  FOR UPDATE OF p SKIP LOCKED
)
DELETE FROM bulkpg.pending p
USING ours
WHERE p.store = ours.store AND p.job = ours.job
  AND p.object_id = ours.object_id
