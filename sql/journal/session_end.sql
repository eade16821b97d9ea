-- End the session of a connection that was lost, if the server still has it,
-- and release its locks.
-- $1: pid, $2: backend_start
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE pid = $1::integer AND backend_start = $2::timestamptz
  AND usename = session_user
