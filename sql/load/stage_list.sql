-- The staging tables of one run that still stand.
-- $1: schema, $2: their names' common beginning
SELECT c.relname
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind = 'r'
  AND pg_catalog.starts_with(c.relname, $2)
ORDER BY c.relname
