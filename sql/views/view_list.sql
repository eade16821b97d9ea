-- List the names of all existing tables of bulkpg, of its views in one schema,
-- and of the view of shops, if there are tables. Is there a table named shops?
-- Then the view shops is over these tables. A view belongs to bulkpg if its COMMENT begins with 'bulkpg view: '.
-- $1: the views' schema
WITH ours AS MATERIALIZED (
  SELECT r.table_name
  FROM bulkpg.relation r
  JOIN pg_namespace n ON n.nspname = r.table_schema
  JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = r.table_name
                 AND c.relkind IN ('r', 'p')
), named AS (
SELECT table_name FROM ours
UNION
SELECT 'shops' WHERE EXISTS (SELECT FROM ours)
UNION
SELECT c.relname
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind = 'v'
  AND starts_with(obj_description(c.oid, 'pg_class'), 'bulkpg view: ')
)
SELECT table_name,
       table_name = 'shops' AND EXISTS (SELECT FROM ours
                                        WHERE table_name = 'shops')
FROM named
ORDER BY 1
