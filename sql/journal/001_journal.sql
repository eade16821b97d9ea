-- The first version of the journal. The schema exists (journal_schema.sql).
-- Runs in the transaction that has the migration lock.

CREATE TABLE bulkpg.meta (
  journal_uuid uuid NOT NULL DEFAULT gen_random_uuid(),
  version integer NOT NULL
);
CREATE UNIQUE INDEX meta_one_row ON bulkpg.meta ((true));
-- The table has no primary key. Without this setting, UPDATE would fail if the
-- database publishes all tables.
ALTER TABLE bulkpg.meta REPLICA IDENTITY FULL;
INSERT INTO bulkpg.meta (version) VALUES (0);

COMMENT ON TABLE bulkpg.meta IS 'One row: which journal this is';
COMMENT ON COLUMN bulkpg.meta.journal_uuid IS
  'Stands in the first line of every document submitted from here';
COMMENT ON COLUMN bulkpg.meta.version IS
  'Of these tables; a program older than they are refuses to run';

CREATE TABLE bulkpg.run (
  run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  store text NOT NULL,
  job text NOT NULL,
  mode text NOT NULL CHECK (mode IN ('full', 'incremental', 'replay')),
  mode_reason text,
  status text NOT NULL CHECK (status IN ('submitting', 'waiting', 'polling',
    'loading', 'merging', 'loaded', 'loaded_with_rejects', 'failed',
    'interrupted', 'canceled')),
  plan_hash text NOT NULL,
  operation_id text,
  window_from timestamptz,
  window_to timestamptz,
  object_count bigint,
  root_object_count bigint,
  file_size bigint,
  lines bigint NOT NULL DEFAULT 0,
  bytes bigint NOT NULL DEFAULT 0,
  rows_inserted bigint NOT NULL DEFAULT 0,
  rows_updated bigint NOT NULL DEFAULT 0,
  rows_deleted bigint NOT NULL DEFAULT 0,
  rows_unchanged bigint NOT NULL DEFAULT 0,
  rejects bigint NOT NULL DEFAULT 0,
  duplicates bigint NOT NULL DEFAULT 0,
  sanitized bigint NOT NULL DEFAULT 0,
  resumed integer NOT NULL DEFAULT 0,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  submitted_at timestamptz,
  completed_at timestamptz,
  loaded_at timestamptz,
  finished_at timestamptz,
  error_code text,
  error text,
  timings jsonb NOT NULL DEFAULT '{}',
  notes jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX run_newest ON bulkpg.run (store, job, run_id DESC);
CREATE INDEX run_finished ON bulkpg.run (finished_at);

COMMENT ON TABLE bulkpg.run IS 'One row per run of a job for a store';
COMMENT ON COLUMN bulkpg.run.store IS 'Name of its section in bulkpg.ini';
COMMENT ON COLUMN bulkpg.run.job IS 'Name of the query file without .graphql';
COMMENT ON COLUMN bulkpg.run.mode IS
  'full: everything; incremental: what changed; replay: a saved file';
COMMENT ON COLUMN bulkpg.run.mode_reason IS
  'Why that mode: first, asked, full_every, query_changed, widened, ...';
COMMENT ON COLUMN bulkpg.run.status IS
  'loaded, loaded_with_rejects, failed and canceled are final; interrupted '
  'and the others can be resumed';
COMMENT ON COLUMN bulkpg.run.plan_hash IS
  'Of the document without marker and window, and the tables it makes';
COMMENT ON COLUMN bulkpg.run.operation_id IS
  'The last bulk operation; all of them are in bulkpg.operation';
COMMENT ON COLUMN bulkpg.run.window_from IS 'Changes asked for from here';
COMMENT ON COLUMN bulkpg.run.window_to IS 'and to here; NULL: no end';
COMMENT ON COLUMN bulkpg.run.object_count IS
  'Lines the store said it wrote, over all operations';
COMMENT ON COLUMN bulkpg.run.root_object_count IS
  'Of them without a parent, as the store said';
COMMENT ON COLUMN bulkpg.run.file_size IS 'Bytes the store said it wrote';
COMMENT ON COLUMN bulkpg.run.lines IS 'Lines received';
COMMENT ON COLUMN bulkpg.run.bytes IS 'Bytes received';
COMMENT ON COLUMN bulkpg.run.rejects IS
  'Lines refused; see bulkpg.reject';
COMMENT ON COLUMN bulkpg.run.duplicates IS
  'Rows whose key came again; the last one counted';
COMMENT ON COLUMN bulkpg.run.sanitized IS
  'Characters PostgreSQL cannot hold, replaced by U+FFFD';
COMMENT ON COLUMN bulkpg.run.resumed IS
  'How often another process took the run over; the fence of its merge';
COMMENT ON COLUMN bulkpg.run.started_at IS 'When the run began';
COMMENT ON COLUMN bulkpg.run.submitted_at IS
  'When its first operation was submitted';
COMMENT ON COLUMN bulkpg.run.completed_at IS
  'When the store had finished the last one';
COMMENT ON COLUMN bulkpg.run.loaded_at IS
  'When loading began: the _loaded_at of the rows it changed';
COMMENT ON COLUMN bulkpg.run.finished_at IS 'When the run ended or stopped';
COMMENT ON COLUMN bulkpg.run.error_code IS
  'Short and stable: SQLSTATE, ACCESS_DENIED, SUPERSEDED, ...';
COMMENT ON COLUMN bulkpg.run.timings IS 'Seconds by phase';
COMMENT ON COLUMN bulkpg.run.notes IS
  'What one should know: columns widened, added, left; warnings';

CREATE TABLE bulkpg.operation (
  run_id bigint NOT NULL REFERENCES bulkpg.run ON DELETE CASCADE,
  n integer NOT NULL,
  attempt integer NOT NULL,
  operation_id text,
  status text,
  sent_at timestamptz DEFAULT clock_timestamp(),
  query text NOT NULL,
  window_from timestamptz,
  window_to timestamptz,
  created_at timestamptz,
  completed_at timestamptz,
  object_count bigint,
  root_object_count bigint,
  file_size bigint,
  lines bigint,
  bytes bigint,
  error_code text,
  PRIMARY KEY (run_id, n, attempt)
);
CREATE INDEX operation_running ON bulkpg.operation (operation_id)
  WHERE status IN ('CREATED', 'RUNNING', 'CANCELING');

COMMENT ON TABLE bulkpg.operation IS
  'The bulk operations of a run: one, or one per slice';
COMMENT ON COLUMN bulkpg.operation.n IS 'Number of the slice, from 1';
COMMENT ON COLUMN bulkpg.operation.attempt IS
  'From 1; the last one of each n counts';
COMMENT ON COLUMN bulkpg.operation.operation_id IS
  'gid://shopify/BulkOperation/...; NULL: the store has not answered';
COMMENT ON COLUMN bulkpg.operation.status IS
  'The store''s word for it: CREATED, RUNNING, COMPLETED, ...';
COMMENT ON COLUMN bulkpg.operation.sent_at IS
  'When it was sent last; NULL: the store refused it, and it waits';
COMMENT ON COLUMN bulkpg.operation.query IS 'The document as submitted';
COMMENT ON COLUMN bulkpg.operation.window_from IS
  'What this operation asks for begins here';
COMMENT ON COLUMN bulkpg.operation.window_to IS 'and ends before this';
COMMENT ON COLUMN bulkpg.operation.created_at IS 'By the store''s clock';
COMMENT ON COLUMN bulkpg.operation.completed_at IS 'By the store''s clock';
COMMENT ON COLUMN bulkpg.operation.object_count IS 'Lines, said the store';
COMMENT ON COLUMN bulkpg.operation.root_object_count IS
  'Of them without a parent, said the store';
COMMENT ON COLUMN bulkpg.operation.file_size IS 'Bytes, said the store';
COMMENT ON COLUMN bulkpg.operation.lines IS 'Lines received';
COMMENT ON COLUMN bulkpg.operation.bytes IS 'Bytes received';
COMMENT ON COLUMN bulkpg.operation.error_code IS 'The store''s, if it failed';

CREATE TABLE bulkpg.run_table (
  run_id bigint NOT NULL REFERENCES bulkpg.run ON DELETE CASCADE,
  table_schema text NOT NULL,
  table_name text NOT NULL,
  staged bigint NOT NULL,
  inserted bigint NOT NULL,
  updated bigint NOT NULL,
  deleted bigint NOT NULL,
  unchanged bigint NOT NULL,
  PRIMARY KEY (run_id, table_schema, table_name)
);

COMMENT ON TABLE bulkpg.run_table IS 'What a run did to each table';
COMMENT ON COLUMN bulkpg.run_table.staged IS
  'Rows that came, before duplicates were settled';
COMMENT ON COLUMN bulkpg.run_table.deleted IS
  'Rows found gone: deleted, or marked so';

CREATE TABLE bulkpg.watermark (
  store text NOT NULL,
  job text NOT NULL,
  high timestamptz,
  last_full timestamptz,
  PRIMARY KEY (store, job)
);

COMMENT ON TABLE bulkpg.watermark IS 'How far incremental jobs have come';
COMMENT ON COLUMN bulkpg.watermark.high IS
  'Everything changed before this is in, by the store''s clock';
COMMENT ON COLUMN bulkpg.watermark.last_full IS
  'When the last good full run began';

CREATE TABLE bulkpg.reject (
  run_id bigint NOT NULL REFERENCES bulkpg.run ON DELETE CASCADE,
  operation_id text,
  line_number bigint NOT NULL,
  byte_offset bigint NOT NULL,
  table_name text,
  object_id text,
  reason text NOT NULL,
  raw bytea NOT NULL CHECK (octet_length(raw) <= 1048576)
);
CREATE INDEX reject_line ON bulkpg.reject (run_id, line_number);
-- The table has no primary key; see bulkpg.meta.
ALTER TABLE bulkpg.reject REPLICA IDENTITY FULL;

COMMENT ON TABLE bulkpg.reject IS 'Lines that were not loaded, and why';
COMMENT ON COLUMN bulkpg.reject.line_number IS 'In its file, from 1';
COMMENT ON COLUMN bulkpg.reject.byte_offset IS
  'Where the line begins in its file, from 0';
COMMENT ON COLUMN bulkpg.reject.object_id IS 'Its id, where it could be read';
COMMENT ON COLUMN bulkpg.reject.raw IS
  'The line as it came, at most its first MiB';

CREATE TABLE bulkpg.relation (
  table_schema text NOT NULL,
  table_name text NOT NULL,
  store text NOT NULL,
  job text NOT NULL,
  file text NOT NULL,
  path text NOT NULL,
  columns jsonb NOT NULL DEFAULT '[]',
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (table_schema, table_name)
);
CREATE INDEX relation_owner ON bulkpg.relation (store, job);

COMMENT ON TABLE bulkpg.relation IS
  'The tables that bulkpg made, each owned by one job of one store';
COMMENT ON COLUMN bulkpg.relation.file IS 'The job''s query file';
COMMENT ON COLUMN bulkpg.relation.path IS 'Where in the query its rows stand';
COMMENT ON COLUMN bulkpg.relation.columns IS
  'The columns that bulkpg made: name, type, path, and of ids the gid type '
  'their numbers stand for';

CREATE TABLE bulkpg.store (
  store text PRIMARY KEY,
  domain text,
  schema text,
  shop_id text,
  currency_code text,
  iana_timezone text,
  plan text,
  scopes text,
  checked_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

COMMENT ON TABLE bulkpg.store IS 'Who the stores are, asked once a day';
COMMENT ON COLUMN bulkpg.store.schema IS 'Where its tables stand';
COMMENT ON COLUMN bulkpg.store.scopes IS
  'Granted access scopes, separated by commas';

CREATE TABLE bulkpg.graphql_type (
  store text NOT NULL,
  api_version text NOT NULL,
  name text NOT NULL,
  type json,
  is_query_type boolean NOT NULL DEFAULT false,
  fetched_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (store, api_version, name)
);
CREATE UNIQUE INDEX graphql_type_query
  ON bulkpg.graphql_type (store, api_version) WHERE is_query_type;

COMMENT ON TABLE bulkpg.graphql_type IS
  'The store''s GraphQL types, kept so that they are asked for once; may be '
  'emptied at any time';
COMMENT ON COLUMN bulkpg.graphql_type.type IS
  'Introspection result; NULL: the store has no such type (the query type: '
  'not asked for yet)';
COMMENT ON COLUMN bulkpg.graphql_type.is_query_type IS
  'The type that queries begin at';

CREATE VIEW bulkpg.freshness AS
  SELECT r.store, r.job, t.table_schema, t.table_name,
         max(r.finished_at) AS last_good_at
  FROM bulkpg.run r
  JOIN bulkpg.run_table t USING (run_id)
  WHERE r.status = 'loaded' AND r.mode <> 'replay'
  GROUP BY r.store, r.job, t.table_schema, t.table_name;

COMMENT ON VIEW bulkpg.freshness IS
  'When each table was last loaded without rejects';
