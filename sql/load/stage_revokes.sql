-- Return REVOKE statements for the privileges on staging that come from default
-- privileges. The rows in staging have not been checked yet, so no other role
-- may read them.
-- $1: schema, $2: the common prefix of the tables' names
SELECT DISTINCT format('REVOKE ALL ON %I.%I FROM %s', n.nspname, c.relname,
                       CASE WHEN a.grantee = 0 THEN 'PUBLIC'
                            ELSE a.grantee::regrole::text
                       END)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace,
     pg_catalog.aclexplode(c.relacl) a
WHERE n.nspname = $1 AND pg_catalog.starts_with(c.relname, $2)
  AND c.relkind = 'r' AND a.grantee <> c.relowner
