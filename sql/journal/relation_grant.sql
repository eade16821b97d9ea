-- The statements that let a role read our tables in a schema: none where it
-- can.
-- $1: role, $2: schema
SELECT format('GRANT USAGE ON SCHEMA %I TO %I', n.nspname, r.rolname)
FROM pg_roles r, pg_namespace n
WHERE r.rolname = $1::name AND n.nspname = $2
  AND NOT has_schema_privilege(r.oid, n.oid, 'USAGE')
UNION ALL
SELECT format('GRANT SELECT ON %I.%I TO %I', n.nspname, c.relname, r.rolname)
FROM pg_roles r, bulkpg.relation o
JOIN pg_namespace n ON n.nspname = o.table_schema
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = o.table_name
WHERE r.rolname = $1::name AND o.table_schema = $2
  AND NOT has_table_privilege(r.oid, c.oid, 'SELECT')
