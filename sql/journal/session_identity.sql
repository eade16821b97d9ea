-- Identify this session: its pid alone may be reused.
SELECT pid, to_char(backend_start AT TIME ZONE 'UTC',
                    'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
FROM pg_stat_activity
WHERE pid = pg_backend_pid()
