-- Find bulkpg's views that read a table.
-- $1: schema, $2: table
SELECT DISTINCT n.nspname, v.relname
FROM pg_class t
JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid
                AND d.classid = 'pg_rewrite'::regclass
JOIN pg_rewrite r ON r.oid = d.objid
JOIN pg_class v ON v.oid = r.ev_class AND v.relkind = 'v'
JOIN pg_namespace n ON n.oid = v.relnamespace
WHERE t.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1)
  AND t.relname = $2
  AND starts_with(obj_description(v.oid, 'pg_class'), 'bulkpg view: ')
ORDER BY 1, 2
