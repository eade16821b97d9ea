-- Return whether this session has the lock of (store, job). See claim.sql.
-- $1: journal_uuid, $2: store, $3: job
SELECT EXISTS (
  SELECT FROM pg_locks l
  WHERE l.locktype = 'advisory' AND l.granted
    AND l.pid = pg_backend_pid() AND l.objsubid = 1
    AND l.database = (SELECT oid FROM pg_database
                      WHERE datname = current_database())
    AND (l.classid::bigint << 32 | l.objid::bigint) =
      ('x' || left(encode(sha256(convert_to(
        jsonb_build_array('bulkpg', $1::text, $2::text, $3::text)::text,
        'UTF8')), 'hex'), 16))::bit(64)::bigint)
