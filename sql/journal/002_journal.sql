-- The second version of the journal.

-- A job that fails before its run begins has a row, too. Its mode and its plan
-- may not be known.
ALTER TABLE bulkpg.run ALTER COLUMN mode DROP NOT NULL;
ALTER TABLE bulkpg.run ALTER COLUMN plan_hash DROP NOT NULL;
ALTER TABLE bulkpg.run
  ADD COLUMN remedy text GENERATED ALWAYS AS (notes->>'remedy') STORED;

COMMENT ON TABLE bulkpg.run IS
  'One row per run of a job for a store, and per job that failed or was '
  'stopped before its run began';
COMMENT ON COLUMN bulkpg.run.mode IS
  'full: everything; incremental: what changed; replay: a saved file; NULL: '
  'the job ended before its mode was chosen';
COMMENT ON COLUMN bulkpg.run.plan_hash IS
  'Of the document without marker and window, and the tables it makes; NULL: '
  'the job ended before it had a plan';
COMMENT ON COLUMN bulkpg.run.error IS 'What happened; NULL: no error';
COMMENT ON COLUMN bulkpg.run.remedy IS 'What to do about the error';

-- A resumed run may be more recent than rows with a higher run_id.
ALTER TABLE bulkpg.run ADD COLUMN resumed_at timestamptz;
COMMENT ON COLUMN bulkpg.run.resumed_at IS
  'When another process took the run over last';

-- Finds the last run of each store and job: the run that began or was resumed
-- last. A row without a mode counts from its end.
CREATE INDEX run_latest ON bulkpg.run (
  store, job,
  (greatest(started_at, resumed_at,
            CASE WHEN mode IS NULL THEN finished_at END)) DESC,
  run_id DESC);

-- The process of an unfinished run has the advisory lock of its store and job;
-- claim.sql computes the key. A standby does not know the locks of its
-- primary.
CREATE OR REPLACE VIEW bulkpg.freshness AS
  WITH RECURSIVE claimed AS MATERIALIZED (
    SELECT l.classid::bigint << 32 | l.objid::bigint AS key
    FROM pg_locks l
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
      AND l.database = (SELECT oid FROM pg_database
                        WHERE datname = current_database())
  ), latest AS (
    (SELECT n.store, n.job, n.run_id
     FROM bulkpg.run n
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
      ORDER BY n.store, n.job,
               greatest(n.started_at, n.resumed_at,
                        CASE WHEN n.mode IS NULL THEN n.finished_at END) DESC,
               n.run_id DESC
      LIMIT 1) AS next
  ), last AS (
    SELECT r.store, r.job, r.error_code,
      CASE WHEN r.status IN ('submitting', 'waiting', 'polling', 'loading',
                             'merging')
             AND NOT pg_is_in_recovery()
             AND ('x' || left(encode(sha256(convert_to(
               jsonb_build_array(
                 'bulkpg', (SELECT journal_uuid::text FROM bulkpg.meta),
                 r.store, r.job)::text,
               'UTF8')), 'hex'), 16))::bit(64)::bigint
               NOT IN (SELECT key FROM claimed)
           THEN 'abandoned' ELSE r.status END AS status
    FROM latest
    JOIN bulkpg.run r USING (run_id)
  ), good AS (
    SELECT r.store, r.job, t.table_schema, t.table_name,
           max(r.finished_at) AS last_good_at
    FROM bulkpg.run r
    JOIN bulkpg.run_table t USING (run_id)
    WHERE r.status = 'loaded' AND r.mode <> 'replay'
    GROUP BY r.store, r.job, t.table_schema, t.table_name
  )
  SELECT l.store, l.job, g.table_schema, g.table_name, g.last_good_at,
         l.status AS last_status, l.error_code AS last_error_code
  FROM last l
  LEFT JOIN good g ON g.store = l.store AND g.job = l.job;

COMMENT ON VIEW bulkpg.freshness IS
  'When each table was last loaded without rejects, and how the last run of '
  'its job ended; a job that was never loaded so has one row without a table';
COMMENT ON COLUMN bulkpg.freshness.last_status IS
  'As in bulkpg.run; abandoned: no process runs it any more';

-- Version 1 did not record all columns that bulkpg created. Add _deleted_at,
-- and, if the job's last run failed, the columns that it had added before it
-- failed; they are recognized by bulkpg's comment on them. All other columns
-- belong to users.
UPDATE bulkpg.relation AS r
SET columns = r.columns || made.columns
FROM (
  SELECT o.table_schema, o.table_name,
         jsonb_agg(jsonb_build_object(
           'name', a.attname,
           'type', CASE a.atttypid WHEN 'timestamptz'::regtype
                   THEN 'timestamptz'
                   ELSE format_type(a.atttypid, a.atttypmod) END,
           'path', CASE a.attname WHEN '_deleted_at' THEN '_deleted_at'
                   ELSE split_part(col_description(c.oid, a.attnum), ':', 1)
                   END) ORDER BY a.attnum) AS columns
  FROM bulkpg.relation o
  JOIN pg_namespace n ON n.nspname = o.table_schema
  JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = o.table_name
  JOIN pg_attribute a
    ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(o.columns) e
                    WHERE e ->> 'name' = a.attname)
    AND CASE WHEN a.attname = '_deleted_at'
        THEN a.atttypid = 'timestamptz'::regtype
        ELSE col_description(c.oid, a.attnum)
               ~ '^[_A-Za-z][_.0-9A-Za-z]*: \[*[A-Z][_0-9A-Za-z]*[]!]*(;.*)?$'
             AND (SELECT s.status NOT IN ('loaded', 'loaded_with_rejects')
                  FROM bulkpg.run s
                  WHERE s.store = o.store AND s.job = o.job
                  ORDER BY s.run_id DESC LIMIT 1)
        END
  GROUP BY o.table_schema, o.table_name
) AS made
WHERE r.table_schema = made.table_schema AND r.table_name = made.table_name;
