-- The result tables of a job that exist. It has several if its mutation names
-- another one now.
-- $1: store, $2: job
SELECT r.table_schema, r.table_name
FROM bulkpg.relation r
JOIN pg_namespace n ON n.nspname = r.table_schema
JOIN pg_class t ON t.relnamespace = n.oid AND t.relname = r.table_name
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = '_push_id'
WHERE r.store = $1 AND r.job = $2 AND r.path = 'push'
