-- List pushes, newest first.
-- $1: store, $2: job, $3: push_id (NULL: any), $4: only those that the next push
-- of the job has to finish, $5: only the newest of each store and job,
-- $6: limit (NULL: none), $7: undo_of (NULL: any)
SELECT p.push_id, p.resumed, p.store, p.job, p.mode, p.status, p.document,
       p.source, p.may_repeat, p.is_direct,
       to_char(p.snapshot_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       p.rows, p.changed, p.sent, p.applied, p.refused, p.unknown, p.unchanged,
       p.invalid, to_char(p.started_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       to_char(p.finished_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), p.error_code,
       p.error, p.remedy, coalesce(p.undo_of, 0), p.notes::text,
       (extract(epoch FROM clock_timestamp() - p.started_at) * 1000)::bigint,
       (extract(epoch FROM p.finished_at - p.started_at) * 1000)::bigint,
       coalesce((p.notes->>'rollback')::boolean, false)
FROM bulkpg.push p
WHERE ($1::text IS NULL OR p.store = $1)
  AND ($2::text IS NULL OR p.job = $2)
  AND ($3::bigint IS NULL OR p.push_id = $3::bigint)
  AND ($7::bigint IS NULL OR p.undo_of = $7::bigint)
  AND (NOT $4::boolean
       OR p.status IN ('running', 'interrupted')
       OR EXISTS (SELECT FROM bulkpg.push_chunk c
                  WHERE c.push_id = p.push_id
                    AND c.state <> 'settled'))
  AND (NOT $5::boolean
       OR NOT EXISTS (SELECT FROM bulkpg.push newer
                      WHERE newer.store = p.store AND newer.job = p.job
                        AND newer.push_id > p.push_id))
ORDER BY p.push_id DESC
LIMIT $6::bigint
