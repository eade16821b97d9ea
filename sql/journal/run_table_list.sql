-- List the tables of a run with the numbers of rows that it changed.
-- $1: run_id
SELECT table_schema, table_name, staged, inserted, updated, deleted, unchanged
FROM bulkpg.run_table
WHERE run_id = $1::bigint
ORDER BY table_schema, table_name
