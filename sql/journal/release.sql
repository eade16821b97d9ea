-- Release the lock of (store, job). See claim.sql.
-- $1: journal_uuid, $2: store, $3: job
SELECT pg_advisory_unlock(('x' || left(encode(sha256(convert_to(
  jsonb_build_array('bulkpg', $1::text, $2::text, $3::text)::text,
  'UTF8')), 'hex'), 16))::bit(64)::bigint)
