-- End the sessions that still write the staging tables of a run. They belong to
-- a process that was killed, or that was suspended and has lost its claim. A
-- merge that only reads staging is found by its application_name.
-- $1: the common prefix of the tables' names
SELECT pg_terminate_backend(a.pid, 5000)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_locks l ON l.relation = c.oid AND l.granted
  AND l.database = (SELECT oid FROM pg_catalog.pg_database
                    WHERE datname = pg_catalog.current_database())
JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
WHERE c.relkind = 'r' AND pg_catalog.starts_with(c.relname, $1)
  AND a.pid <> pg_catalog.pg_backend_pid() AND a.usename = session_user
  AND (l.mode = 'RowExclusiveLock'
       OR pg_catalog.starts_with(a.application_name, 'bulkpg run '))
