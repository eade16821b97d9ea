-- Find the first object in a schema that already has one of these names.
-- $1: schema, $2: names, a JSON array
SELECT c.relname, pg_describe_object('pg_class'::regclass, c.oid, 0)
FROM pg_catalog.pg_class c
WHERE c.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace
                        WHERE nspname = $1)
  AND c.relname = ANY (ARRAY (
    SELECT value::name
    FROM pg_catalog.json_array_elements_text($2::json)))
ORDER BY c.relname
LIMIT 1
