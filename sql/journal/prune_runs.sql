-- Delete old runs, and the rows that refer to them. Keep the newest run and the
-- last good run of each store and job, and interrupted runs that can be
-- resumed. Runs with --ids, and dry runs, are kept for 7 days. A dry run whose
-- process was killed has no end.
-- $1: age in milliseconds
DELETE FROM bulkpg.run r
WHERE r.finished_at
    < clock_timestamp() - $1::bigint * interval '1 millisecond'
  AND r.mode IS DISTINCT FROM 'ids'
  AND (r.status IN ('loaded', 'loaded_with_rejects', 'failed', 'canceled')
       OR r.status = 'interrupted'
          AND NOT EXISTS (SELECT FROM bulkpg.operation o
                          WHERE o.run_id = r.run_id))
  AND EXISTS (SELECT FROM bulkpg.run newer
              WHERE newer.store = r.store AND newer.job = r.job
                AND newer.run_id > r.run_id
                AND newer.mode IS DISTINCT FROM 'ids'
                AND newer.status <> 'dry')
  AND NOT (r.status = 'loaded' AND r.mode <> 'replay'
           AND NOT EXISTS (SELECT FROM bulkpg.run newer
                           WHERE newer.store = r.store AND newer.job = r.job
                             AND newer.run_id > r.run_id
                             AND newer.status = 'loaded'
                             AND newer.mode NOT IN ('replay', 'ids')))
  OR r.finished_at < clock_timestamp() - interval '7 days'
     AND r.mode = 'ids'
  OR coalesce(r.finished_at, r.started_at)
       < clock_timestamp() - interval '7 days'
     AND r.status = 'dry'
