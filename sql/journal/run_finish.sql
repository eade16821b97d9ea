-- Record the end or the interruption of a run. A session that listens on the
-- channel bulkpg hears of a load when its transaction commits. A dry run keeps
-- the status dry.
-- $1: run_id, $2: resumed, $3 to $11: lines, bytes, rows_inserted,
-- rows_updated, rows_deleted, rows_unchanged, rejects, duplicates, sanitized
-- (NULL leaves a column as it is), $12: notes, merged into the notes, $13:
-- status, $14: error_code, $15: error, $16: timings (NULL leaves them)
WITH ended AS (
UPDATE bulkpg.run
SET lines = coalesce($3::bigint, lines),
    bytes = coalesce($4::bigint, bytes),
    rows_inserted = coalesce($5::bigint, rows_inserted),
    rows_updated = coalesce($6::bigint, rows_updated),
    rows_deleted = coalesce($7::bigint, rows_deleted),
    rows_unchanged = coalesce($8::bigint, rows_unchanged),
    rejects = coalesce($9::bigint, rejects),
    duplicates = coalesce($10::bigint, duplicates),
    sanitized = coalesce($11::bigint, sanitized),
    notes = notes || coalesce($12::jsonb, '{}'),
    status = CASE status WHEN 'dry' THEN status ELSE $13 END,
    error_code = $14,
    error = $15,
    timings = coalesce($16::jsonb, timings),
    finished_at = clock_timestamp()
WHERE run_id = $1::bigint AND resumed = $2::integer
  AND status NOT IN ('loaded', 'loaded_with_rejects', 'failed', 'canceled')
  AND (status <> 'dry' OR finished_at IS NULL)
RETURNING run_id, store, job, status
)
SELECT run_id,
       CASE WHEN status IN ('loaded', 'loaded_with_rejects')
            THEN pg_notify('bulkpg',
                           json_build_object('store', store, 'job', job,
                                             'run_id', run_id,
                                             'status', status)::text) END
FROM ended
