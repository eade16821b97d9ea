-- Wait for other processes that are about to commit a push of this job. The
-- next statement then sees their pushes.
-- $1: store, $2: job
SELECT pg_advisory_xact_lock(hashtextextended(
  jsonb_build_array('bulkpg push', m.journal_uuid, $1::text, $2::text)::text,
  0))
FROM bulkpg.meta m
