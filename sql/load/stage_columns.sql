-- List the columns of a run's staging tables and their types.
-- $1: schema, $2: the common prefix of the tables' names
SELECT c.relname, a.attname, a.atttypid
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a
  ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = $1 AND pg_catalog.starts_with(c.relname, $2)
  AND c.relkind = 'r'
  AND pg_catalog.pg_get_userbyid(c.relowner) = current_user
