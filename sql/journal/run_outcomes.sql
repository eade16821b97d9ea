-- Add a row for each job that ended before it had a run. Omit jobs that another
-- process runs now, and interrupted jobs that were not due because their last
-- good run is recent enough.
-- $1: journal_uuid, $2: JSON array of outcomes, $3: --older-than in
-- milliseconds (NULL: every job is due)
WITH claimed AS MATERIALIZED (
  SELECT l.classid::bigint << 32 | l.objid::bigint AS key
  FROM pg_locks l
  WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
    AND l.pid <> pg_backend_pid()
    AND l.database = (SELECT oid FROM pg_database
                      WHERE datname = current_database())
)
INSERT INTO bulkpg.run (store, job, plan_hash, status, error_code, error,
                        notes, started_at, finished_at)
SELECT o.store, o.job, o.plan_hash, o.status, o.error_code, o.error,
       jsonb_build_object('remedy', o.remedy),
       clock_timestamp() - o.took_ms * interval '1 millisecond',
       clock_timestamp()
FROM jsonb_to_recordset($2::jsonb) AS o(
  store text, job text, plan_hash text, status text, error_code text,
  error text, remedy text, took_ms bigint)
WHERE ('x' || left(encode(sha256(convert_to(
        jsonb_build_array('bulkpg', $1::text, o.store, o.job)::text,
        'UTF8')), 'hex'), 16))::bit(64)::bigint
        NOT IN (SELECT key FROM claimed)
  AND ($3::bigint IS NULL OR o.status <> 'interrupted' OR NOT EXISTS (
    SELECT FROM bulkpg.run g
    WHERE g.store = o.store AND g.job = o.job
      AND g.status = 'loaded' AND g.mode NOT IN ('replay', 'ids')
      AND g.started_at
        >= clock_timestamp() - $3::bigint * interval '1 millisecond'))
