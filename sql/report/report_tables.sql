-- List the largest tables of the journal and their histories, with their numbers
-- of rows and sizes. The comment of a history says of which table it is.
-- Citus keeps rows on its workers, and the coordinator's catalog does not count
-- them. There the number of rows comes from the journal (rows of the last full
-- run, plus the changes of later runs), and the size comes from Citus.
-- $1: how many tables
WITH relation AS (
  SELECT r.table_schema, r.table_name, r.store, r.job, n.oid AS namespace
  FROM bulkpg.relation r
  JOIN pg_namespace n ON n.nspname = r.table_schema
), named AS (
  SELECT * FROM relation
  UNION ALL
  SELECT r.table_schema, c.relname, r.store, r.job, r.namespace
  FROM relation r
  JOIN pg_description d
    ON d.classoid = 'pg_class'::regclass AND d.objsubid = 0
   AND d.description
         = 'bulkpg history: versions of the rows of ' || r.table_name
  JOIN pg_class c ON c.oid = d.objoid AND c.relnamespace = r.namespace
), ours AS (
  SELECT r.table_schema, r.table_name, r.store, r.job, c.oid, c.reltuples,
         CASE WHEN to_regprocedure(
                     'pg_catalog.citus_total_relation_size(regclass, boolean)')
                   IS NOT NULL
              THEN (xpath('//size/text()', query_to_xml(
                      format('SELECT pg_catalog.citus_total_relation_size'
                             '(%s::pg_catalog.regclass, false) AS size',
                             c.oid), false, true, '')))[1]::text::bigint
         END AS sharded_size
  FROM named r
  JOIN pg_class c ON c.relnamespace = r.namespace AND c.relname = r.table_name
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
