-- The statements that take back what default privileges gave on staging, which
-- holds rows that nothing has checked yet.
-- $1: schema, $2: the tables' common beginning
SELECT DISTINCT format('REVOKE ALL ON %I.%I FROM %s', n.nspname, c.relname,
                       CASE WHEN a.grantee = 0 THEN 'PUBLIC'
                            ELSE a.grantee::regrole::text
                       END)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace,
     pg_catalog.aclexplode(c.relacl) a
WHERE n.nspname = $1 AND pg_catalog.starts_with(c.relname, $2)
  AND c.relkind = 'r' AND a.grantee <> c.relowner
