-- Find the first object in a schema that already has one of these names.
-- $1: schema, $2: names, a JSON array
SELECT c.relname, pg_describe_object('pg_class'::regclass, c.oid, 0)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1
  AND c.relname IN (SELECT value
                    FROM pg_catalog.json_array_elements_text($2::json))
ORDER BY c.relname
LIMIT 1
