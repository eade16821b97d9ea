-- Return the GRANT statements that a role needs to read bulkpg's tables,
-- histories and views in a schema, without the privileges that the role already
-- has.
-- $1: role, $2: schema
SELECT format('GRANT USAGE ON SCHEMA %I TO %I', n.nspname, r.rolname)
FROM pg_roles r, pg_namespace n
WHERE r.rolname = $1::name AND n.nspname = $2
  AND NOT has_schema_privilege(r.oid, n.oid, 'USAGE')
UNION ALL
SELECT format('GRANT SELECT ON %I.%I TO %I', n.nspname, c.relname, r.rolname)
FROM pg_roles r, pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE r.rolname = $1::name AND n.nspname = $2
  AND (EXISTS (SELECT FROM bulkpg.relation o
               WHERE o.table_schema = $2 AND o.table_name = c.relname)
       OR starts_with(obj_description(c.oid, 'pg_class'), 'bulkpg view: ')
       OR starts_with(obj_description(c.oid, 'pg_class'), 'bulkpg history: '))
  AND NOT has_table_privilege(r.oid, c.oid, 'SELECT')
