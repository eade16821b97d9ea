-- List settings of the server that are dangerous or make loads slow, each with
-- a suggested fix.
SELECT message, remedy
FROM (VALUES
  (1, current_setting('fsync') = 'off',
   'fsync is off: a crash of the server can corrupt all tables',
   'set fsync = on, unless all data can be loaded again'),
  (2, current_setting('full_page_writes') = 'off',
   'full_page_writes is off: a crash of the server can corrupt tables',
   'set full_page_writes = on'),
  (3, current_setting('autovacuum') = 'off',
   'autovacuum is off: tables grow, and their statistics become outdated',
   'set autovacuum = on'),
  (4, pg_size_bytes(current_setting('shared_buffers')) < 128 * 1024 * 1024,
   format('shared_buffers is %s: indexes of large tables are read again '
          'and again', current_setting('shared_buffers')),
   'set it to about a quarter of the server''s memory'),
  (5, pg_size_bytes(current_setting('max_wal_size')) < 1024 * 1024 * 1024,
   format('max_wal_size is %s: merging a large result causes frequent '
          'checkpoints', current_setting('max_wal_size')),
   'set max_wal_size = 4GB'),
  (6, pg_size_bytes(current_setting('maintenance_work_mem'))
      < 64 * 1024 * 1024,
   format('maintenance_work_mem is %s: keys of new tables are built slowly',
          current_setting('maintenance_work_mem')),
   'set maintenance_work_mem = 256MB'),
  (7, current_setting('synchronous_commit') NOT IN ('off', 'local')
      AND current_setting('synchronous_standby_names') <> '',
   format('synchronous_commit is %s: every commit waits for a standby',
          current_setting('synchronous_commit')),
   'ALTER ROLE ... SET synchronous_commit = local, if that is not wanted'),
  (8, current_setting('wal_level') = 'logical'
      AND NOT EXISTS (SELECT FROM pg_replication_slots
                      WHERE slot_type = 'logical'),
   'wal_level is logical, but no slot uses it: updates write more WAL',
   'set wal_level = replica, unless you plan to add a subscriber')
) AS looked (n, is_so, message, remedy)
WHERE is_so
ORDER BY n
