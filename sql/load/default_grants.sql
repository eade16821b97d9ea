-- Return GRANT statements for a table that was staging. They grant the default
-- privileges that the table would have had as a new table.
-- $1: schema, $2: table
SELECT format('GRANT %s ON %I.%I TO %s%s', a.privilege_type, n.nspname,
              c.relname,
              CASE WHEN a.grantee = 0 THEN 'PUBLIC'
                   ELSE a.grantee::regrole::text
              END,
              CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_default_acl d
  ON d.defaclrole = c.relowner AND d.defaclobjtype = 'r'
 AND d.defaclnamespace IN (0, n.oid),
     pg_catalog.aclexplode(d.defaclacl) a
WHERE n.nspname = $1 AND c.relname = $2 AND a.grantee <> c.relowner
