-- Find the first of the user's objects (a trigger, CHECK, default, index or
-- rule) that calls a function when bulkpg writes rows. Return it with the
-- function and a statement that sets the function's search_path. Functions with
-- a search_path of their own are omitted, because bulkpg's search_path does not
-- affect them.
-- $1: schema, $2: tables, a JSON array, $3: the server's message: a function
-- that it names comes first
WITH RECURSIVE ours (oid) AS (
  SELECT c.oid
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1
    AND c.relname IN (SELECT value
                      FROM pg_catalog.json_array_elements_text($2::json))
  UNION
  SELECT i.inhrelid FROM ours
  JOIN pg_catalog.pg_inherits i ON i.inhparent = ours.oid
), part (classid, objid) AS (
  SELECT 'pg_trigger'::regclass::oid, t.oid FROM ours
  JOIN pg_catalog.pg_trigger t ON t.tgrelid = ours.oid AND NOT t.tgisinternal
  UNION ALL
  SELECT 'pg_constraint'::regclass, k.oid FROM ours
  JOIN pg_catalog.pg_constraint k ON k.conrelid = ours.oid
  UNION ALL
  SELECT 'pg_attrdef'::regclass, d.oid FROM ours
  JOIN pg_catalog.pg_attrdef d ON d.adrelid = ours.oid
  UNION ALL
  SELECT 'pg_class'::regclass, i.indexrelid FROM ours
  JOIN pg_catalog.pg_index i ON i.indrelid = ours.oid
  UNION ALL
  SELECT 'pg_rewrite'::regclass, r.oid FROM ours
  JOIN pg_catalog.pg_rewrite r ON r.ev_class = ours.oid
)
SELECT DISTINCT pg_describe_object(part.classid, part.objid, 0),
       f.oid::regprocedure::text,
       format('ALTER FUNCTION %s SET search_path = %I%s, pg_temp',
              f.oid::regprocedure, n.nspname,
              CASE n.nspname WHEN 'public' THEN '' ELSE ', public' END),
       strpos($3, f.proname::text) = 0
FROM part
JOIN pg_catalog.pg_depend d
  ON d.classid = part.classid AND d.objid = part.objid
 AND d.refclassid = 'pg_proc'::regclass
JOIN pg_catalog.pg_proc f ON f.oid = d.refobjid
JOIN pg_catalog.pg_namespace n ON n.oid = f.pronamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND NOT EXISTS (SELECT FROM unnest(f.proconfig) s
                  WHERE starts_with(s, 'search_path='))
ORDER BY 4, 1, 2
LIMIT 1
