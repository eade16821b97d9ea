-- List runs, newest first, and whether no process works on an unfinished one.
-- $1: store, $2: job, $3: run_id (each NULL: any), $4: all, good, unfinished,
-- reference, begun (without runs that failed or were interrupted before they
-- had an operation, and without those of --ids), or real; only `all` has dry
-- runs, $5: only the newest of each store and job (began or was resumed last;
-- without a mode: ended last; without those of --ids, and dry runs), $6: limit
-- (NULL: none)
WITH RECURSIVE latest AS (
  -- One lookup in the index run_latest for each store and job.
  (SELECT n.store, n.job, n.run_id
   FROM bulkpg.run n
   WHERE $5::boolean AND n.mode IS DISTINCT FROM 'ids' AND n.status <> 'dry'
   ORDER BY n.store, n.job,
            greatest(n.started_at, n.resumed_at,
                     CASE WHEN n.mode IS NULL THEN n.finished_at END) DESC,
            n.run_id DESC
   LIMIT 1)
  UNION ALL
  SELECT next.store, next.job, next.run_id
  FROM latest
  CROSS JOIN LATERAL (
    SELECT n.store, n.job, n.run_id
    FROM bulkpg.run n
    WHERE (n.store, n.job) > (latest.store, latest.job)
      AND n.mode IS DISTINCT FROM 'ids' AND n.status <> 'dry'
    ORDER BY n.store, n.job,
             greatest(n.started_at, n.resumed_at,
                      CASE WHEN n.mode IS NULL THEN n.finished_at END) DESC,
             n.run_id DESC
    LIMIT 1) AS next
)
SELECT r.run_id, r.resumed, r.store, r.job, r.mode, r.mode_reason, r.status,
       r.plan_hash, r.operation_id,
       to_char(r.window_from AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       to_char(r.window_to AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       r.object_count, r.root_object_count, r.file_size,
       r.lines, r.bytes, r.rows_inserted, r.rows_updated, r.rows_deleted,
       r.rows_unchanged, r.rejects, r.duplicates, r.sanitized,
       to_char(r.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       to_char(r.submitted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       to_char(r.completed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       to_char(r.loaded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
       to_char(r.finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       r.error_code, r.error, r.timings, r.notes,
       floor(extract(epoch FROM clock_timestamp() - r.started_at) * 1000)
         ::bigint,
       floor(extract(epoch FROM r.finished_at - r.started_at) * 1000)::bigint,
       to_char(good.started_at AT TIME ZONE 'UTC',
               'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       floor(extract(epoch FROM clock_timestamp() - good.started_at) * 1000)
         ::bigint,
       r.remedy,
       a.run_id IS NOT NULL
FROM bulkpg.run r
LEFT JOIN bulkpg.abandoned a ON a.run_id = r.run_id
LEFT JOIN LATERAL (
  SELECT g.started_at FROM bulkpg.run g
  WHERE g.store = r.store AND g.job = r.job
    AND g.mode IS DISTINCT FROM 'ids'
    AND g.status = 'loaded' AND g.mode <> 'replay'
  ORDER BY g.run_id DESC LIMIT 1) AS good ON true
WHERE ($1::text IS NULL OR r.store = $1)
  AND ($2::text IS NULL OR r.job = $2)
  AND ($3::bigint IS NULL OR r.run_id = $3)
  AND CASE $4::text
      WHEN 'good' THEN r.status = 'loaded'
        AND r.mode NOT IN ('replay', 'ids')
      WHEN 'reference' THEN r.mode NOT IN ('replay', 'ids')
        AND (r.status = 'loaded' OR r.status = 'loaded_with_rejects'
             AND r.notes ? 'accepted_rejects')
        AND NOT (r.mode = 'incremental'
                 AND r.mode_reason IS NOT DISTINCT FROM 'asked')
      WHEN 'unfinished' THEN r.status NOT IN
        ('loaded', 'loaded_with_rejects', 'failed', 'canceled', 'dry')
      WHEN 'real' THEN r.status <> 'dry'
      WHEN 'begun' THEN r.mode IS DISTINCT FROM 'ids' AND r.status <> 'dry'
        AND (r.status NOT IN ('failed', 'interrupted')
             OR EXISTS (SELECT FROM bulkpg.operation o
                        WHERE o.run_id = r.run_id))
      ELSE true END
  AND (NOT $5::boolean
       OR r.run_id = ANY (ARRAY(SELECT latest.run_id FROM latest)))
ORDER BY r.run_id DESC
LIMIT $6::bigint
