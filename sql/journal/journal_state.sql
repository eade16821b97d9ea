-- What is there, and what may be done about it: is there a schema, may we use
-- it, make tables in it, is there a journal, may we make a schema; and who and
-- where we are, quoted for a GRANT. From catalogs only, so that it works
-- without any right.
SELECT n.oid IS NOT NULL AS has_schema,
       coalesce(has_schema_privilege(n.oid, 'USAGE'), false) AS may_use,
       coalesce(has_schema_privilege(n.oid, 'CREATE'), false) AS may_make,
       c.oid IS NOT NULL AS has_journal,
       has_database_privilege(d.oid, 'CREATE') AS may_make_schema,
       quote_ident(current_user) AS role,
       quote_ident(d.datname) AS database
FROM pg_database d
LEFT JOIN pg_namespace n ON n.nspname = 'bulkpg'
LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'meta'
WHERE d.datname = current_database()
