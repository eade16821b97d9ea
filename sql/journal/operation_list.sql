-- List the operations of one run, or those that are still running according to
-- the journal. A store ends an operation after ten days at the latest. The
-- operation of a run that is read page by page has no id, and lasts as long as
-- the run can be resumed.
-- $1: run_id (NULL: running operations), $2: store, $3: job (NULL: any), $4:
-- leave out this run, and include operations whose submission was never
-- answered (NULL: neither)
SELECT o.run_id, o.n, o.attempt, o.operation_id, o.status, o.query,
       to_char(o.window_from AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       to_char(o.window_to AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       to_char(o.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       to_char(o.completed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       o.object_count, o.root_object_count, o.file_size, o.lines, o.bytes,
       o.error_code, r.store, r.job,
       floor(extract(epoch FROM clock_timestamp()
         - coalesce(o.created_at, o.sent_at, r.started_at)) * 1000)::bigint,
       o.operation_id IS NULL AND o.status IS NULL AND o.sent_at IS NOT NULL
FROM bulkpg.operation o
JOIN bulkpg.run r USING (run_id)
WHERE CASE WHEN $1::bigint IS NOT NULL THEN o.run_id = $1
           ELSE (o.operation_id IS NOT NULL
                 AND o.status IN ('CREATED', 'RUNNING', 'CANCELING')
                 OR $4::bigint IS NOT NULL AND o.operation_id IS NULL
                    AND o.sent_at IS NOT NULL
                 OR $4::bigint IS NULL AND o.operation_id IS NULL
                    AND o.status = 'RUNNING'
                    AND (r.status IN ('submitting', 'waiting', 'polling',
                                      'loading', 'merging')
                         OR r.status = 'dry' AND r.finished_at IS NULL
                         OR r.status = 'interrupted'
                            AND r.finished_at
                              > clock_timestamp() - interval '6 hours'))
                AND o.error_code IS NULL
                AND coalesce(CASE WHEN o.operation_id IS NOT NULL
                             THEN o.created_at END, o.sent_at, r.started_at)
                  > clock_timestamp() - interval '10 days' END
  AND o.run_id IS DISTINCT FROM $4::bigint
  AND ($2::text IS NULL OR r.store = $2)
  AND ($3::text IS NULL OR r.job = $3)
ORDER BY o.run_id, o.n, o.attempt
