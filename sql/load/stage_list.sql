-- List the existing staging tables of one run, in any schema.
-- $1: the common prefix of their names
SELECT n.nspname, c.relname
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND pg_catalog.starts_with(c.relname, $1)
  AND pg_catalog.pg_get_userbyid(c.relowner) = current_user
ORDER BY n.nspname, c.relname
