-- List the tables of a job that still exist in the database.
-- $1: store, $2: job
SELECT r.table_schema, r.table_name, r.store, r.job, r.file, r.path, r.columns,
       r.hash_definition, r.is_uneven
FROM bulkpg.relation r
JOIN pg_catalog.pg_namespace n ON n.nspname = r.table_schema
JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid
                          AND c.relname = r.table_name
                          AND c.relkind IN ('r', 'p')
WHERE r.store = $1 AND r.job = $2
ORDER BY r.table_schema, r.table_name
