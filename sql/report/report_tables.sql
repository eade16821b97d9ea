-- List the largest tables of the journal, with their numbers of rows and sizes.
-- Citus keeps rows on its workers, and the coordinator's catalog does not count
-- them. There the number of rows comes from the journal (rows of the last full
-- run, plus the changes of later runs), and the size comes from Citus.
-- $1: how many tables
WITH ours AS (
  SELECT r.table_schema, r.table_name, r.store, r.job, c.oid, c.reltuples,
         CASE WHEN to_regprocedure(
                     'pg_catalog.citus_total_relation_size(regclass, boolean)')
                   IS NOT NULL
              THEN (xpath('//size/text()', query_to_xml(
                      format('SELECT pg_catalog.citus_total_relation_size'
                             '(%s::pg_catalog.regclass, false) AS size',
                             c.oid), false, true, '')))[1]::text::bigint
         END AS sharded_size
  FROM bulkpg.relation r
  JOIN pg_namespace n ON n.nspname = r.table_schema
  JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = r.table_name
), counted AS (
  SELECT t.*,
         max(t.run_id) FILTER (
           WHERE r.mode = 'full'
              OR r.mode = 'replay' AND r.mode_reason = 'full')
           OVER (PARTITION BY t.table_schema, t.table_name) AS full_run_id
  FROM bulkpg.run_table t
  JOIN bulkpg.run r USING (run_id)
  JOIN ours USING (table_schema, table_name)
  WHERE ours.reltuples <= 0
), noted AS (
  SELECT table_schema, table_name,
         sum(CASE WHEN run_id = full_run_id
                  THEN inserted + updated + unchanged
                  ELSE inserted - deleted END) AS rows
  FROM counted
  WHERE run_id >= coalesce(full_run_id, 0)
  GROUP BY 1, 2
)
SELECT ours.table_schema, ours.table_name, ours.store, ours.job,
       greatest(ours.reltuples, noted.rows, 0)::bigint,
       coalesce(ours.sharded_size, pg_total_relation_size(ours.oid)),
       count(*) OVER ()
FROM ours
LEFT JOIN noted USING (table_schema, table_name)
ORDER BY 6 DESC, 1, 2
LIMIT $1::bigint
