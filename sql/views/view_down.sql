-- Return the statement that drops a view of bulkpg, and the statements that
-- grant other roles their rights on it again after it is recreated ('' if there
-- are none).
-- $1: schema, $2: name
SELECT format('DROP VIEW %I.%I', n.nspname, c.relname),
       coalesce((SELECT string_agg(format('GRANT %s ON %I.%I TO %s%s;',
                                          a.privilege_type, n.nspname,
                                          c.relname,
                                          coalesce(quote_ident(r.rolname),
                                                   'PUBLIC'),
                                          CASE WHEN a.is_grantable
                                               THEN ' WITH GRANT OPTION'
                                               ELSE '' END), E'\n')
                 FROM aclexplode(c.relacl) a
                 LEFT JOIN pg_roles r ON r.oid = a.grantee
                 WHERE a.grantee <> c.relowner
                   AND (a.grantee = 0 OR r.oid IS NOT NULL)), '')
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind = 'v'
