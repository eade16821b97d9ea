-- Return the columns of a history: name, and type as an oid (0 if the type has
-- a modifier); whether bulkpg created it, which its COMMENT says; and the type
-- in words. Return no rows if there is no relation of this name.
-- $1: schema, $2: table
SELECT a.attname,
       CASE a.atttypmod WHEN -1 THEN a.atttypid::bigint ELSE 0 END,
       c.relkind = 'r' AND coalesce(pg_catalog.starts_with(
         pg_catalog.obj_description(c.oid, 'pg_class'), 'bulkpg history: '),
         false),
       pg_catalog.format_type(a.atttypid, a.atttypmod)
FROM pg_catalog.pg_class c
LEFT JOIN pg_catalog.pg_attribute a
       ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace
                        WHERE nspname = $1)
  AND c.relname = $2
