-- Runs, newest first.
-- $1: store, $2: job, $3: run_id (each NULL: any), $4: all, good,
-- unfinished or reference, $5: the newest of each store and job only, $6: at
-- most so many (NULL: all)
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
       r.notes->>'remedy'
FROM bulkpg.run r
LEFT JOIN LATERAL (
  SELECT g.started_at FROM bulkpg.run g
  WHERE g.store = r.store AND g.job = r.job
    AND g.status = 'loaded' AND g.mode <> 'replay'
  ORDER BY g.run_id DESC LIMIT 1) AS good ON true
WHERE ($1::text IS NULL OR r.store = $1)
  AND ($2::text IS NULL OR r.job = $2)
  AND ($3::bigint IS NULL OR r.run_id = $3)
  AND CASE $4::text
      WHEN 'good' THEN r.status = 'loaded' AND r.mode <> 'replay'
      WHEN 'reference' THEN r.mode <> 'replay'
        AND (r.status = 'loaded' OR r.status = 'loaded_with_rejects'
             AND r.notes ? 'accepted_rejects')
        AND NOT (r.mode = 'incremental'
                 AND r.mode_reason IS NOT DISTINCT FROM 'asked')
      WHEN 'unfinished' THEN r.status NOT IN
        ('loaded', 'loaded_with_rejects', 'failed', 'canceled')
      ELSE true END
  AND (NOT $5::boolean OR NOT EXISTS (
    SELECT FROM bulkpg.run newer
    WHERE newer.store = r.store AND newer.job = r.job
      AND newer.run_id > r.run_id))
ORDER BY r.run_id DESC
LIMIT $6::bigint
