-- Return the state of the journal and the role's privileges: whether the schema
-- and the journal exist; whether the role may use the schema and read its
-- tables, write to them, create tables in it, or create the schema; the names
-- of role and database, quoted for a GRANT; whether the session is read-only,
-- and whether the server is a standby; whether the database has Citus. The
-- statement reads catalogs only, so that it needs no privileges. Readers may
-- read only some columns of pushes.
SELECT n.oid IS NOT NULL AS has_schema,
       coalesce(has_schema_privilege(n.oid, 'USAGE'), false)
       AND NOT EXISTS (SELECT FROM pg_class t
                       WHERE t.relnamespace = n.oid AND t.relkind = 'r'
                         AND NOT has_any_column_privilege(t.oid, 'SELECT'))
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
