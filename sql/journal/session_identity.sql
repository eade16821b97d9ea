-- Which session of the server this is.
SELECT pid, backend_start::text FROM pg_stat_activity
WHERE pid = pg_backend_pid()
