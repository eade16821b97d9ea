-- Take the lock of (store, job) if it is free. The key is the first 64 bits of
-- a hash, the same on every machine. If this session already has the lock, the
-- result is 'held', because PostgreSQL would grant it again.
-- $1: journal_uuid, $2: store, $3: job
WITH claim AS MATERIALIZED (
  SELECT ('x' || left(encode(sha256(convert_to(
    jsonb_build_array('bulkpg', $1::text, $2::text, $3::text)::text,
    'UTF8')), 'hex'), 16))::bit(64)::bigint AS key
), ours AS MATERIALIZED (
  SELECT claim.key, EXISTS (
    SELECT FROM pg_locks l
    WHERE l.locktype = 'advisory' AND l.granted
      AND l.pid = pg_backend_pid() AND l.objsubid = 1
      AND l.database = (SELECT oid FROM pg_database
                        WHERE datname = current_database())
      AND (l.classid::bigint << 32 | l.objid::bigint) = claim.key) AS held
  FROM claim
)
SELECT CASE WHEN held THEN 'held'
            WHEN pg_try_advisory_lock(key) THEN 'taken'
            ELSE 'locked' END
FROM ours
