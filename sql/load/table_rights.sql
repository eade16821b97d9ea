-- Return whether bulkpg may change a table, and whether it may read and write
-- the table's rows; also the table's owner and bulkpg's role, both quoted for
-- use in SQL.
-- $1: schema, $2: table
SELECT pg_catalog.pg_has_role(c.relowner, 'USAGE'),
       has_table_privilege(c.oid, 'SELECT')
       AND has_table_privilege(c.oid, 'INSERT')
       AND has_table_privilege(c.oid, 'UPDATE')
       AND has_table_privilege(c.oid, 'DELETE'),
       quote_ident(pg_catalog.pg_get_userbyid(c.relowner)),
       quote_ident(current_user)
FROM pg_catalog.pg_class c
WHERE c.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace
                        WHERE nspname = $1)
  AND c.relname = $2
