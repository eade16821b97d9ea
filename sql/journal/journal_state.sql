-- What is there, and what may be done about it: is there a schema, may we use
-- it and read its tables, make tables in it, write to those there are, is there
-- a journal, may we make a schema; who and where we are, quoted for a GRANT;
-- whether this session, or the server, takes no writes; and whether Citus
-- shards tables here. From catalogs only, so that it works without any right.
SELECT n.oid IS NOT NULL AS has_schema,
       coalesce(has_schema_privilege(n.oid, 'USAGE'), false)
       AND NOT EXISTS (SELECT FROM pg_class t
                       WHERE t.relnamespace = n.oid AND t.relkind = 'r'
                         AND NOT has_table_privilege(t.oid, 'SELECT'))
       AS may_use,
       coalesce(has_schema_privilege(n.oid, 'CREATE'), false) AS may_make,
       c.oid IS NOT NULL AS has_journal,
       has_database_privilege(d.oid, 'CREATE') AS may_make_schema,
       quote_ident(current_user) AS role,
       quote_ident(d.datname) AS database,
       NOT EXISTS (SELECT FROM pg_class t
                   WHERE t.relnamespace = n.oid AND t.relkind = 'r'
                     AND NOT (has_table_privilege(t.oid, 'INSERT')
                              AND has_table_privilege(t.oid, 'UPDATE')
                              AND has_table_privilege(t.oid, 'DELETE')))
       AS may_write,
       current_setting('transaction_read_only')::boolean AS is_read_only,
       pg_is_in_recovery() AS is_standby,
       EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') AS has_citus
FROM pg_database d
LEFT JOIN pg_namespace n ON n.nspname = 'bulkpg'
LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'meta'
WHERE d.datname = current_database()
