-- Return the row type of a staging table, and the array type of that type.
-- $1: schema, $2: table
SELECT c.reltype, t.typarray
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_type t ON t.oid = c.reltype
WHERE c.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace
                        WHERE nspname = $1)
  AND c.relname = $2 AND c.relkind = 'r'
