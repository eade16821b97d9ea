-- List the names of all existing tables of bulkpg, and of its views in one
-- schema. A view belongs to bulkpg if its COMMENT begins with 'bulkpg view: '.
-- $1: the views' schema
SELECT r.table_name
FROM bulkpg.relation r
JOIN pg_namespace n ON n.nspname = r.table_schema
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = r.table_name
               AND c.relkind IN ('r', 'p')
UNION
SELECT c.relname
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind = 'v'
  AND starts_with(obj_description(c.oid, 'pg_class'), 'bulkpg view: ')
ORDER BY 1
