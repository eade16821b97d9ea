-- Find the session that has the lock of (store, job). See claim.sql.
-- $1: journal_uuid, $2: store, $3: job
SELECT l.pid, coalesce(a.application_name, ''),
       coalesce(a.client_hostname, host(a.client_addr), 'this machine')
FROM pg_locks l
LEFT JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
  AND l.database = (SELECT oid FROM pg_database
                    WHERE datname = current_database())
  AND (l.classid::bigint << 32 | l.objid::bigint) =
    ('x' || left(encode(sha256(convert_to(
      jsonb_build_array('bulkpg', $1::text, $2::text, $3::text)::text,
      'UTF8')), 'hex'), 16))::bit(64)::bigint
LIMIT 1
