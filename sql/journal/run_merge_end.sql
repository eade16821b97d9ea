-- End the sessions that have locked the row of an unfinished run in a merge and
-- have waited too long for the next statement: their client hangs or has lost
-- the connection. A merge that is executing a statement is left alone.
-- $1: run_id, or NULL and $2: store, $3: job, $4: milliseconds
SELECT pg_terminate_backend(a.pid, 5000)
FROM bulkpg.run r
JOIN pg_locks l ON l.locktype = 'transactionid' AND l.granted
  AND l.mode = 'ExclusiveLock' AND l.transactionid = r.xmax
JOIN pg_stat_activity a ON a.pid = l.pid
WHERE (r.run_id = $1::bigint
       OR $1::bigint IS NULL AND r.store = $2 AND r.job = $3)
  AND r.status = 'merging' AND a.usename = session_user
  AND a.state = 'idle in transaction'
  AND a.state_change
    < clock_timestamp() - $4::bigint * interval '1 millisecond'
