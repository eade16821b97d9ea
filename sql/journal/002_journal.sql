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
  'Hash of the document, without marker and window, and of its tables; NULL: '
  'the job ended before it had a plan';
COMMENT ON COLUMN bulkpg.run.error IS 'What happened; NULL: no error';
COMMENT ON COLUMN bulkpg.run.remedy IS 'What to do about the error';

-- The comments of the first version in plain words.
COMMENT ON TABLE bulkpg.meta IS 'One row, which identifies this journal';
COMMENT ON COLUMN bulkpg.meta.journal_uuid IS
  'Part of the first line of every document that is submitted from here';
COMMENT ON COLUMN bulkpg.meta.version IS
  'Version of these tables; an older program refuses to run with them';
COMMENT ON COLUMN bulkpg.run.store IS
  'Name of the store''s section in bulkpg.ini';
COMMENT ON COLUMN bulkpg.run.mode_reason IS
  'Why the run had this mode: first, asked, full_every, query_changed, '
  'widened, ...';
COMMENT ON COLUMN bulkpg.run.status IS
  'loaded, loaded_with_rejects, failed and canceled are final; a run with '
  'any other status can be resumed';
COMMENT ON COLUMN bulkpg.run.operation_id IS
  'The last bulk operation of the run; bulkpg.operation has all of them';
COMMENT ON COLUMN bulkpg.run.window_from IS
  'The run fetched changes from this time on; NULL: from the beginning';
COMMENT ON COLUMN bulkpg.run.window_to IS
  'The run fetched changes before this time; NULL: without an end';
COMMENT ON COLUMN bulkpg.run.object_count IS
  'Lines that the store reported, over all operations';
COMMENT ON COLUMN bulkpg.run.root_object_count IS
  'Lines without a parent that the store reported';
COMMENT ON COLUMN bulkpg.run.file_size IS 'Bytes that the store reported';
COMMENT ON COLUMN bulkpg.run.rejects IS
  'Lines that were not loaded; bulkpg.reject keeps them';
COMMENT ON COLUMN bulkpg.run.duplicates IS
  'Rows whose key appeared more than once; the last one was loaded';
COMMENT ON COLUMN bulkpg.run.sanitized IS
  'Characters that PostgreSQL cannot store, replaced by U+FFFD';
COMMENT ON COLUMN bulkpg.run.resumed IS
  'How often another process took the run over; only the last one may merge';
COMMENT ON COLUMN bulkpg.run.completed_at IS
  'When the store completed the last operation';
COMMENT ON COLUMN bulkpg.run.loaded_at IS
  'When loading began; it is the _loaded_at of the rows that the run changed';
COMMENT ON COLUMN bulkpg.run.error_code IS
  'A short, stable code: an SQLSTATE, ACCESS_DENIED, SUPERSEDED, ...';
COMMENT ON COLUMN bulkpg.run.notes IS
  'Warnings, columns that were added, widened or are no longer filled, and '
  'fields with @optional that were left out';
COMMENT ON COLUMN bulkpg.operation.attempt IS
  'Attempt, from 1; the last one of each slice counts';
COMMENT ON COLUMN bulkpg.operation.status IS
  'The store''s status: CREATED, RUNNING, COMPLETED, ...';
COMMENT ON COLUMN bulkpg.operation.window_from IS
  'The operation fetches what is at or after this time';
COMMENT ON COLUMN bulkpg.operation.window_to IS
  'The operation fetches what is before this time';
COMMENT ON COLUMN bulkpg.operation.created_at IS
  'When it was created, by the store''s clock';
COMMENT ON COLUMN bulkpg.operation.completed_at IS
  'When it was completed, by the store''s clock';
COMMENT ON COLUMN bulkpg.operation.object_count IS
  'Lines that the store reported';
COMMENT ON COLUMN bulkpg.operation.root_object_count IS
  'Lines without a parent that the store reported';
COMMENT ON COLUMN bulkpg.operation.file_size IS
  'Bytes that the store reported';
COMMENT ON COLUMN bulkpg.operation.error_code IS
  'The store''s error code, if the operation failed';
COMMENT ON COLUMN bulkpg.run_table.staged IS
  'Rows in the result, duplicates included';
COMMENT ON COLUMN bulkpg.run_table.deleted IS
  'Rows gone from the store: deleted, or marked as deleted';
COMMENT ON TABLE bulkpg.watermark IS
  'The time up to which each incremental job has loaded all changes';
COMMENT ON COLUMN bulkpg.watermark.high IS
  'All changes before this time are loaded, by the store''s clock';
COMMENT ON COLUMN bulkpg.watermark.last_full IS
  'When the last successful full run began';
COMMENT ON TABLE bulkpg.reject IS
  'Lines that were not loaded, with the reason';
COMMENT ON COLUMN bulkpg.reject.line_number IS
  'Number of the line in its file, from 1';
COMMENT ON COLUMN bulkpg.reject.object_id IS
  'The object''s id, if it could be read';
COMMENT ON COLUMN bulkpg.reject.raw IS
  'The line as received, at most its first MiB';
COMMENT ON TABLE bulkpg.relation IS
  'The tables that bulkpg created, each owned by one job of one store';
COMMENT ON COLUMN bulkpg.relation.path IS
  'Path of the table''s rows in the query';
COMMENT ON COLUMN bulkpg.relation.columns IS
  'The columns that bulkpg created: name, type, path and, for ids, the type '
  'in their gids; with @mask, the mask and a check value of its key';
COMMENT ON TABLE bulkpg.store IS
  'Each store''s shop, plan and scopes, as of its last check';
COMMENT ON COLUMN bulkpg.store.schema IS 'Schema of the store''s tables';
COMMENT ON TABLE bulkpg.graphql_type IS
  'Cache of the stores'' GraphQL types; it may be emptied at any time';
COMMENT ON COLUMN bulkpg.graphql_type.type IS
  'Introspection result; NULL: the store does not have this type, or, for '
  'the query type, it has not been fetched yet';
COMMENT ON COLUMN bulkpg.graphql_type.is_query_type IS
  'True for the type at which queries begin';

-- A resumed run may be more recent than rows with a higher run_id.
ALTER TABLE bulkpg.run ADD COLUMN resumed_at timestamptz;
COMMENT ON COLUMN bulkpg.run.resumed_at IS
  'When another process took the run over last';

-- Finds the last run of each store and job: the run that began or was resumed
-- last. A row without a mode counts from its end. A run with --ids says nothing
-- about the other rows of its tables.
CREATE INDEX run_latest ON bulkpg.run (
  store, job,
  (greatest(started_at, resumed_at,
            CASE WHEN mode IS NULL THEN finished_at END)) DESC,
  run_id DESC)
  WHERE mode IS DISTINCT FROM 'ids';

-- Finds the last good run of a store and job, however many runs with --ids
-- followed.
CREATE INDEX run_without_ids ON bulkpg.run (store, job, run_id DESC)
  WHERE mode IS DISTINCT FROM 'ids';

-- The process of an unfinished run has the advisory lock of its store and job;
-- claim.sql computes the key. A standby does not know the locks of its primary,
-- so there the view is empty.
CREATE VIEW bulkpg.abandoned AS
  SELECT r.run_id
  FROM bulkpg.run r
  WHERE r.status IN ('submitting', 'waiting', 'polling', 'loading', 'merging')
    AND NOT pg_is_in_recovery()
    AND ('x' || left(encode(sha256(convert_to(
      jsonb_build_array(
        'bulkpg', (SELECT journal_uuid::text FROM bulkpg.meta),
        r.store, r.job)::text,
      'UTF8')), 'hex'), 16))::bit(64)::bigint
      NOT IN (
        SELECT l.classid::bigint << 32 | l.objid::bigint
        FROM pg_locks l
        WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
          AND l.database = (SELECT oid FROM pg_database
                            WHERE datname = current_database()));

COMMENT ON VIEW bulkpg.abandoned IS
  'Unfinished runs that no process works on';

CREATE OR REPLACE VIEW bulkpg.freshness AS
  WITH RECURSIVE latest AS (
    (SELECT n.store, n.job, n.run_id
     FROM bulkpg.run n
     WHERE n.mode IS DISTINCT FROM 'ids' AND n.status <> 'dry'
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
  ), last AS (
    SELECT r.store, r.job, r.error_code,
           CASE WHEN a.run_id IS NOT NULL THEN 'abandoned' ELSE r.status END
             AS status
    FROM latest
    JOIN bulkpg.run r USING (run_id)
    LEFT JOIN bulkpg.abandoned a USING (run_id)
  ), good AS (
    SELECT r.store, r.job, t.table_schema, t.table_name,
           max(r.finished_at) AS last_good_at
    FROM bulkpg.run r
    JOIN bulkpg.run_table t USING (run_id)
    WHERE r.status = 'loaded' AND r.mode NOT IN ('replay', 'ids')
    GROUP BY r.store, r.job, t.table_schema, t.table_name
  )
  SELECT l.store, l.job, g.table_schema, g.table_name, g.last_good_at,
         l.status AS last_status, l.error_code AS last_error_code
  FROM last l
  LEFT JOIN good g ON g.store = l.store AND g.job = l.job;

COMMENT ON VIEW bulkpg.freshness IS
  'When each table was last loaded without rejects, and how the last run of '
  'its job ended; a job without such a load has one row without a table';
COMMENT ON COLUMN bulkpg.freshness.last_status IS
  'Status in bulkpg.run, or abandoned: no process works on the run';

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

-- Rows are compared by hashes that only this journal can make.
ALTER TABLE bulkpg.meta ADD COLUMN hash_secret bigint NOT NULL
  DEFAULT ('x' || left(encode(sha256(convert_to(
             gen_random_uuid()::text || gen_random_uuid()::text,
             'UTF8')), 'hex'), 16))::bit(64)::bigint;
COMMENT ON COLUMN bulkpg.meta.hash_secret IS
  'What the _hash of rows is made with; if it changes, the next run compares '
  'all values';

ALTER TABLE bulkpg.relation
  ADD COLUMN hash_definition text,
  ADD COLUMN is_uneven boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN bulkpg.relation.hash_definition IS
  'What the _hash of its rows was made of: algorithm, columns, types; NULL: '
  'not known, so that the next full run compares all values';
COMMENT ON COLUMN bulkpg.relation.is_uneven IS
  'The last full run had duplicates in it, or could not tell whether each '
  'parent has all its rows; the next one sends all rows';

-- Runs of `run JOB --ids`.
ALTER TABLE bulkpg.run DROP CONSTRAINT run_mode_check;
ALTER TABLE bulkpg.run ADD CONSTRAINT run_mode_check
  CHECK (mode IN ('full', 'incremental', 'replay', 'ids'));
COMMENT ON COLUMN bulkpg.run.mode IS
  'full: everything; incremental: what changed; replay: a saved file; ids: '
  'the objects that --ids named; NULL: the job ended before its mode was '
  'chosen';

-- A run that reads pages continues from here after it was interrupted. Its
-- staging tables are unlogged, so this table must be, too: a crash of the
-- server empties all of them together.
CREATE UNLOGGED TABLE bulkpg.frontier (
  run_id bigint NOT NULL REFERENCES bulkpg.run ON DELETE CASCADE,
  number bigint NOT NULL,
  connection integer,
  level integer,
  parent_id text,
  cursor text,
  row_offset bigint,
  rows bigint,
  distinct_rows bigint,
  told_first bigint,
  told_last bigint,
  nulls bigint,
  repeats integer,
  pages bigint,
  is_again boolean,
  head json,
  committed_at timestamptz,
  PRIMARY KEY (run_id, number)
);

COMMENT ON TABLE bulkpg.frontier IS
  'What is left to read of each run that reads pages and is not finished: one '
  'row per connection and parent, and the run''s head row with number 0';
COMMENT ON COLUMN bulkpg.frontier.number IS 'From 1; 0: the head row';
COMMENT ON COLUMN bulkpg.frontier.connection IS
  'Number of the connection in the plan, from 0';
COMMENT ON COLUMN bulkpg.frontier.level IS
  'How deep the connection is nested, from 0; the deepest are read first';
COMMENT ON COLUMN bulkpg.frontier.parent_id IS
  'Id of the row whose connection it is; NULL: a root';
COMMENT ON COLUMN bulkpg.frontier.cursor IS
  'The next page begins after this cursor; NULL: the first page';
COMMENT ON COLUMN bulkpg.frontier.row_offset IS
  'The next page begins after so many rows';
COMMENT ON COLUMN bulkpg.frontier.rows IS 'Rows that were read so far';
COMMENT ON COLUMN bulkpg.frontier.distinct_rows IS
  'Different keys among them; NULL: not known';
COMMENT ON COLUMN bulkpg.frontier.told_first IS
  'Total that the first page reported; NULL: none';
COMMENT ON COLUMN bulkpg.frontier.told_last IS
  'Total that the last page reported; NULL: none';
COMMENT ON COLUMN bulkpg.frontier.nulls IS 'Rows that were null';
COMMENT ON COLUMN bulkpg.frontier.repeats IS
  'How often it was read again from the beginning';
COMMENT ON COLUMN bulkpg.frontier.pages IS 'Pages that were read so far';
COMMENT ON COLUMN bulkpg.frontier.is_again IS
  'Rows of it may be staged, which are removed with its first page';
COMMENT ON COLUMN bulkpg.frontier.head IS
  'Of the head row: the number of the last page, and the counts and types '
  'that belong to it';
COMMENT ON COLUMN bulkpg.frontier.committed_at IS
  'Of the head row: when the last page was committed';

CREATE TABLE bulkpg.walk (
  run_id bigint NOT NULL REFERENCES bulkpg.run ON DELETE CASCADE,
  path text NOT NULL,
  instances bigint NOT NULL,
  pages bigint NOT NULL,
  rows bigint NOT NULL,
  told bigint,
  nulls bigint NOT NULL,
  repeats bigint NOT NULL,
  points numeric NOT NULL,
  PRIMARY KEY (run_id, path)
);

COMMENT ON TABLE bulkpg.walk IS
  'How a run read each connection page by page';
COMMENT ON COLUMN bulkpg.walk.path IS 'Path of the connection in the query';
COMMENT ON COLUMN bulkpg.walk.instances IS
  'Parents whose connection was read; 1 for a root';
COMMENT ON COLUMN bulkpg.walk.pages IS 'Pages that were read';
COMMENT ON COLUMN bulkpg.walk.rows IS 'Rows in these pages';
COMMENT ON COLUMN bulkpg.walk.told IS
  'Rows that the API reported in totals; NULL: it reports none';
COMMENT ON COLUMN bulkpg.walk.nulls IS 'Rows that were null';
COMMENT ON COLUMN bulkpg.walk.repeats IS
  'How often a connection was read again from the beginning';
COMMENT ON COLUMN bulkpg.walk.points IS
  'What the requests cost, in points of the API or, without points, requests';

-- Roles that could use the journal can use its new tables and views.
DO $$
DECLARE
  granting text;
BEGIN
  FOR granting IN
    SELECT format('GRANT %s ON bulkpg.frontier, bulkpg.walk, '
                  'bulkpg.abandoned TO %s',
                  string_agg(a.privilege_type, ', '),
                  CASE a.grantee WHEN 0 THEN 'PUBLIC'
                  ELSE quote_ident(pg_get_userbyid(a.grantee)) END)
    FROM pg_class c
    CROSS JOIN LATERAL aclexplode(c.relacl) AS a
    WHERE c.oid = 'bulkpg.run'::regclass AND a.grantee <> c.relowner
    GROUP BY a.grantee
  LOOP
    EXECUTE granting;
  END LOOP;
END;
$$;

-- Pushes: what a mutation job sent to its store, and the outcome of each row.
CREATE TABLE bulkpg.push (
  push_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  store text NOT NULL,
  job text NOT NULL,
  mode text NOT NULL CHECK (mode IN ('bulk', 'direct', 'undo')),
  status text NOT NULL CHECK (status IN ('running', 'done', 'failed',
    'interrupted', 'canceled', 'rolled_back')),
  document text,
  source text,
  may_repeat boolean NOT NULL DEFAULT false,
  is_direct boolean NOT NULL DEFAULT false,
  snapshot_at timestamptz,
  rows bigint NOT NULL DEFAULT 0,
  changed bigint NOT NULL DEFAULT 0,
  sent bigint NOT NULL DEFAULT 0,
  applied bigint NOT NULL DEFAULT 0,
  refused bigint NOT NULL DEFAULT 0,
  unknown bigint NOT NULL DEFAULT 0,
  unchanged bigint NOT NULL DEFAULT 0,
  invalid bigint NOT NULL DEFAULT 0,
  resumed integer NOT NULL DEFAULT 0,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at timestamptz,
  error_code text,
  error text,
  undo_of bigint,
  notes jsonb NOT NULL DEFAULT '{}',
  remedy text GENERATED ALWAYS AS (notes->>'remedy') STORED
);
CREATE INDEX push_latest ON bulkpg.push (store, job, push_id DESC);

COMMENT ON TABLE bulkpg.push IS
  'One row per push: one mutation of a job, sent for many rows to one store';
COMMENT ON COLUMN bulkpg.push.mode IS
  'bulk: bulk operations; direct: one request per row; undo: undoes what '
  'another push applied';
COMMENT ON COLUMN bulkpg.push.status IS
  'running, done, failed, interrupted (the next push of the job finishes it), '
  'canceled, rolled_back';
COMMENT ON COLUMN bulkpg.push.document IS 'The mutation as it is submitted';
COMMENT ON COLUMN bulkpg.push.source IS 'Text of the mutation''s file';
COMMENT ON COLUMN bulkpg.push.may_repeat IS
  'True if a row whose outcome is unknown may be sent again';
COMMENT ON COLUMN bulkpg.push.is_direct IS
  'True if the rows are sent as single requests, also of an undo';
COMMENT ON COLUMN bulkpg.push.snapshot_at IS
  'When the rows were selected; NULL: they came from a file';
COMMENT ON COLUMN bulkpg.push.rows IS 'Rows that were selected';
COMMENT ON COLUMN bulkpg.push.changed IS 'Rows that this push planned to send';
COMMENT ON COLUMN bulkpg.push.sent IS 'Rows that were sent';
COMMENT ON COLUMN bulkpg.push.applied IS 'Rows that the store applied';
COMMENT ON COLUMN bulkpg.push.refused IS
  'Rows that the store refused or applied partly, now or in an earlier push';
COMMENT ON COLUMN bulkpg.push.unknown IS
  'Rows that the store may or may not have applied';
COMMENT ON COLUMN bulkpg.push.unchanged IS
  'Rows that the store already has';
COMMENT ON COLUMN bulkpg.push.invalid IS
  'Rows that do not fit the mutation''s types';
COMMENT ON COLUMN bulkpg.push.resumed IS
  'How often another process took the push over; only the last one may settle';
COMMENT ON COLUMN bulkpg.push.undo_of IS
  'The push that this one undoes; NULL: none';
COMMENT ON COLUMN bulkpg.push.error IS 'What happened; NULL: no error';
COMMENT ON COLUMN bulkpg.push.remedy IS 'What to do about the error';

CREATE TABLE bulkpg.push_chunk (
  push_id bigint NOT NULL REFERENCES bulkpg.push ON DELETE CASCADE,
  n integer NOT NULL,
  attempt integer NOT NULL DEFAULT 0,
  state text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'staged',
    'uploaded', 'submitting', 'running', 'finished', 'settled')),
  lines integer NOT NULL,
  bytes bigint NOT NULL,
  target text,
  targets integer NOT NULL DEFAULT 0,
  repeats integer NOT NULL DEFAULT 0,
  marker text,
  randoms text[] NOT NULL DEFAULT '{}',
  operation_id text,
  sent_at timestamptz,
  object_count bigint,
  file_size bigint,
  error_code text,
  error text,
  PRIMARY KEY (push_id, n)
);

COMMENT ON TABLE bulkpg.push_chunk IS
  'The parts of each push: one bulk operation, or all direct requests';
COMMENT ON COLUMN bulkpg.push_chunk.n IS 'Number of the chunk, from 1';
COMMENT ON COLUMN bulkpg.push_chunk.attempt IS
  'Number of submissions, from 1; 0: none yet';
COMMENT ON COLUMN bulkpg.push_chunk.state IS
  'planned, staged, uploaded: not submitted; submitting: the store may have '
  'it; running, finished: the store has it; settled: its rows have their '
  'states';
COMMENT ON COLUMN bulkpg.push_chunk.lines IS 'Rows in the chunk';
COMMENT ON COLUMN bulkpg.push_chunk.bytes IS 'Bytes of its file of variables';
COMMENT ON COLUMN bulkpg.push_chunk.target IS
  'Signed parameters of the staged upload, until the operation runs';
COMMENT ON COLUMN bulkpg.push_chunk.targets IS
  'How many staged uploads were requested';
COMMENT ON COLUMN bulkpg.push_chunk.repeats IS
  'How often its rows were sent before by the same push';
COMMENT ON COLUMN bulkpg.push_chunk.marker IS
  'First line of the document of the last submission';
COMMENT ON COLUMN bulkpg.push_chunk.randoms IS
  'The random parts of the markers of all submissions';
COMMENT ON COLUMN bulkpg.push_chunk.sent_at IS
  'When the last submission was sent';
COMMENT ON COLUMN bulkpg.push_chunk.object_count IS
  'Lines that the store has processed';
COMMENT ON COLUMN bulkpg.push_chunk.file_size IS
  'Bytes of the result that the store reported';

-- push_row and push_error have no foreign keys, which would cost a look-up per
-- row; push_prune.sql removes the rows of a push with it.
CREATE TABLE bulkpg.push_row (
  push_id bigint NOT NULL,
  number bigint NOT NULL,
  n integer NOT NULL,
  line bigint NOT NULL,
  key text,
  hash text,
  variables text,
  before text,
  idempotency_key text,
  state text NOT NULL,
  tries integer NOT NULL DEFAULT 0,
  first_sent_at timestamptz,
  PRIMARY KEY (push_id, number)
);
CREATE INDEX push_row_line ON bulkpg.push_row (push_id, n, line)
  WHERE n > 0;

COMMENT ON TABLE bulkpg.push_row IS 'The rows of each push';
COMMENT ON COLUMN bulkpg.push_row.number IS
  'Position of the row in what was selected, from 0';
COMMENT ON COLUMN bulkpg.push_row.n IS
  'The chunk in which it was sent last; 0: it did not have to be sent';
COMMENT ON COLUMN bulkpg.push_row.line IS
  'Number of the line in the file of its chunk, from 0; without a chunk, the '
  'same as number';
COMMENT ON COLUMN bulkpg.push_row.key IS 'Key of the row as text';
COMMENT ON COLUMN bulkpg.push_row.hash IS
  'Hash of the variables without the idempotency key';
COMMENT ON COLUMN bulkpg.push_row.variables IS
  'The line of variables as it is sent; NULL: the row did not have to be sent';
COMMENT ON COLUMN bulkpg.push_row.before IS
  'The variables that undo the row; NULL: not known';
COMMENT ON COLUMN bulkpg.push_row.state IS
  'planned, sending, applied, refused, partly, unknown, held (unknown, and not '
  'sent again before a user decides), skipped, unchanged, invalid';
COMMENT ON COLUMN bulkpg.push_row.tries IS 'How often it was sent';
COMMENT ON COLUMN bulkpg.push_row.first_sent_at IS
  'When it was sent first; NULL: it was not sent';

CREATE TABLE bulkpg.push_error (
  push_id bigint NOT NULL,
  number bigint NOT NULL,
  n integer NOT NULL,
  line bigint NOT NULL,
  ordinal integer NOT NULL,
  code text,
  field text,
  message text NOT NULL,
  PRIMARY KEY (push_id, number, ordinal)
);

COMMENT ON TABLE bulkpg.push_error IS
  'Errors of rows: those that the store answered, and why a row is invalid';
COMMENT ON COLUMN bulkpg.push_error.number IS 'Number of the row in push_row';
COMMENT ON COLUMN bulkpg.push_error.n IS 'Chunk of the row in push_row';
COMMENT ON COLUMN bulkpg.push_error.line IS 'Line of the row in push_row';
COMMENT ON COLUMN bulkpg.push_error.ordinal IS
  'Number of the error in its answer, from 0';
COMMENT ON COLUMN bulkpg.push_error.field IS
  'Path in the variables, or the column of an invalid row; NULL: none';

CREATE TABLE bulkpg.push_state (
  store text NOT NULL,
  job text NOT NULL,
  key text NOT NULL,
  hash text NOT NULL,
  push_id bigint NOT NULL,
  state text NOT NULL,
  settled_at timestamptz,
  prior jsonb,
  PRIMARY KEY (store, job, key)
);

COMMENT ON TABLE bulkpg.push_state IS
  'What was last sent to the store for each key of a mutation job';
COMMENT ON COLUMN bulkpg.push_state.hash IS
  'Hash of the variables that were sent last';
COMMENT ON COLUMN bulkpg.push_state.push_id IS 'The push that sent them';
COMMENT ON COLUMN bulkpg.push_state.state IS
  'sending, applied, refused, partly, unknown or held';
COMMENT ON COLUMN bulkpg.push_state.settled_at IS
  'When its state became known; NULL: not yet';
COMMENT ON COLUMN bulkpg.push_state.prior IS
  'While it is sending: its columns before, in case nothing was sent';

-- The gid of an object, for the SELECT of a mutation job.
CREATE FUNCTION bulkpg.gid(type text, id bigint) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  AS $$SELECT 'gid://shopify/' OPERATOR(pg_catalog.||) type
              OPERATOR(pg_catalog.||) '/' OPERATOR(pg_catalog.||)
              id::pg_catalog.text$$;
COMMENT ON FUNCTION bulkpg.gid(text, bigint) IS
  'The gid of an object of Shopify: gid(''Product'', 1) is '
  'gid://shopify/Product/1';

-- Which database this is. It has another identity after a restore from a
-- backup, in a copy, and after a switch to a standby. NULL if the server does
-- not say it.
CREATE FUNCTION bulkpg.database_identity() RETURNS text
  LANGUAGE plpgsql STABLE
  SET search_path = pg_catalog
  AS $$
BEGIN
  RETURN concat_ws('/',
    (SELECT system_identifier FROM pg_control_system()),
    left(pg_walfile_name(pg_current_wal_insert_lsn()), 8),
    (SELECT oid FROM pg_database WHERE datname = current_database()),
    'bulkpg.push'::regclass::oid);
EXCEPTION WHEN OTHERS THEN
  RETURN NULL;
END;
$$;
COMMENT ON FUNCTION bulkpg.database_identity() IS
  'Which database this is; pushes record it, so that a restored journal is '
  'found out';

-- Roles that run bulkpg can use the new tables. Roles that only read the
-- journal cannot read what is sent, which contains customers' data, or the
-- secrets of an upload.
DO $$
DECLARE
  role text;
  may_write boolean;
BEGIN
  FOR role, may_write IN
    SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC'
           ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
           bool_or(a.privilege_type <> 'SELECT')
    FROM pg_class c
    CROSS JOIN LATERAL aclexplode(c.relacl) AS a
    WHERE c.oid = 'bulkpg.run'::regclass AND a.grantee <> c.relowner
    GROUP BY a.grantee
  LOOP
    IF may_write THEN
      EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON bulkpg.push, '
                     'bulkpg.push_chunk, bulkpg.push_row, bulkpg.push_error, '
                     'bulkpg.push_state TO %s', role);
    ELSE
      EXECUTE format('GRANT SELECT ON bulkpg.push, bulkpg.push_error, '
                     'bulkpg.push_state TO %s', role);
      EXECUTE format('GRANT SELECT (push_id, n, attempt, state, lines, bytes, '
                     'repeats, operation_id, sent_at, object_count, file_size, '
                     'error_code, error) ON bulkpg.push_chunk TO %s', role);
      EXECUTE format('GRANT SELECT (push_id, number, n, line, key, hash, '
                     'state, tries, first_sent_at) ON bulkpg.push_row TO %s',
                     role);
    END IF;
  END LOOP;
END;
$$;

-- Webhooks: what `bulkpg listen` received, and which objects it led to.
CREATE TABLE bulkpg.event (
  store text NOT NULL,
  event_id text NOT NULL,
  topic text NOT NULL,
  type text,
  object_id bigint NOT NULL,
  triggered_at timestamptz,
  received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (store, event_id, topic, object_id)
);
CREATE INDEX event_latest ON bulkpg.event (store, type, received_at);
CREATE INDEX event_age ON bulkpg.event USING brin (received_at);

COMMENT ON TABLE bulkpg.event IS
  'Webhooks of the last 7 days: each says that an object of a store changed';
COMMENT ON COLUMN bulkpg.event.event_id IS
  'Shopify''s id of the event; a webhook that arrives twice is one event';
COMMENT ON COLUMN bulkpg.event.topic IS 'Such as products/update';
COMMENT ON COLUMN bulkpg.event.type IS
  'GraphQL type of the object, such as Product; NULL: no query has such roots';
COMMENT ON COLUMN bulkpg.event.object_id IS
  'Number of the object, the end of its gid; 0: the webhook has none';
COMMENT ON COLUMN bulkpg.event.triggered_at IS
  'When the change took place, according to the store; NULL: not given';

CREATE TABLE bulkpg.pending (
  store text NOT NULL,
  job text NOT NULL,
  object_id bigint NOT NULL,
  first_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  last_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  tries integer NOT NULL DEFAULT 0,
  tried_at timestamptz,
  batch_max integer,
  PRIMARY KEY (store, job, object_id)
);
CREATE INDEX pending_oldest ON bulkpg.pending (store, job, first_at);

COMMENT ON TABLE bulkpg.pending IS
  'Objects that changed at the store and are still to be fetched';
COMMENT ON COLUMN bulkpg.pending.object_id IS
  'Number of the object, the end of its gid';
COMMENT ON COLUMN bulkpg.pending.first_at IS
  'When the first of the events was received that are still to be fetched';
COMMENT ON COLUMN bulkpg.pending.last_at IS
  'When the last of them was received; a run deletes the row only if this has '
  'not changed since the run began';
COMMENT ON COLUMN bulkpg.pending.tries IS 'How often fetching it has failed';
COMMENT ON COLUMN bulkpg.pending.tried_at IS
  'When fetching it failed last; NULL: never';
COMMENT ON COLUMN bulkpg.pending.batch_max IS
  'At most so many objects are fetched together with it, because it was in a '
  'batch that failed; 0: it has failed alone; NULL: there is no such limit';

CREATE TABLE bulkpg.hook (
  store text NOT NULL,
  topic text NOT NULL,
  url text NOT NULL,
  subscription_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (store, topic, url)
);

COMMENT ON TABLE bulkpg.hook IS
  'Webhook subscriptions that `bulkpg hooks subscribe` made';
COMMENT ON COLUMN bulkpg.hook.url IS 'Where the store sends the webhooks';
COMMENT ON COLUMN bulkpg.hook.subscription_id IS
  'Gid of the subscription at the store';

CREATE TABLE bulkpg.heard (
  store text PRIMARY KEY,
  received bigint NOT NULL DEFAULT 0,
  refused bigint NOT NULL DEFAULT 0,
  duplicates bigint NOT NULL DEFAULT 0,
  last_received_at timestamptz,
  lag_seconds double precision
);

COMMENT ON TABLE bulkpg.heard IS
  'What `bulkpg listen` received from each store so far';
COMMENT ON COLUMN bulkpg.heard.store IS
  'Name of the store''s section; empty: requests that belong to no store';
COMMENT ON COLUMN bulkpg.heard.received IS
  'Webhooks that were accepted, with duplicates';
COMMENT ON COLUMN bulkpg.heard.refused IS
  'Requests with a wrong signature or an unreadable body';
COMMENT ON COLUMN bulkpg.heard.duplicates IS
  'Accepted webhooks that had been received before';
COMMENT ON COLUMN bulkpg.heard.lag_seconds IS
  'Seconds from the last event at the store until it was recorded; NULL: not '
  'known';

-- Roles that could use the journal can use these tables, too.
DO $$
DECLARE
  granting text;
BEGIN
  FOR granting IN
    SELECT format('GRANT %s ON bulkpg.event, bulkpg.pending, bulkpg.hook, '
                  'bulkpg.heard TO %s',
                  string_agg(a.privilege_type, ', '),
                  CASE a.grantee WHEN 0 THEN 'PUBLIC'
                  ELSE quote_ident(pg_get_userbyid(a.grantee)) END)
    FROM pg_class c
    CROSS JOIN LATERAL aclexplode(c.relacl) AS a
    WHERE c.oid = 'bulkpg.run'::regclass AND a.grantee <> c.relowner
    GROUP BY a.grantee
  LOOP
    EXECUTE granting;
  END LOOP;
END;
$$;

-- Dry runs have the status `dry` from their beginning.
ALTER TABLE bulkpg.run DROP CONSTRAINT run_status_check;
ALTER TABLE bulkpg.run ADD CONSTRAINT run_status_check
  CHECK (status IN ('submitting', 'waiting', 'polling', 'loading', 'merging',
                    'loaded', 'loaded_with_rejects', 'failed', 'interrupted',
                    'canceled', 'dry'));
COMMENT ON COLUMN bulkpg.run.status IS
  'loaded, loaded_with_rejects, failed and canceled are final; dry: a run with '
  '--dry-run, which changes no table and is never resumed; a run with any '
  'other status can be resumed';
