-- Return whether the schema exists, and whether bulkpg may create tables in it
-- or, if it does not exist, create it.
-- $1: its name
SELECT n.oid IS NOT NULL,
       CASE WHEN n.oid IS NULL
            THEN has_database_privilege(current_database(), 'CREATE')
            ELSE has_schema_privilege(n.oid, 'USAGE')
                 AND has_schema_privilege(n.oid, 'CREATE')
       END
FROM (SELECT) AS one LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = $1
