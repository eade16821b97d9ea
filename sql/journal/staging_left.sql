-- List the runs of (store, job) that still have staging tables.
-- $1: store, $2: job, $3: the run to leave out
SELECT DISTINCT r.run_id
FROM pg_class c
JOIN bulkpg.run r ON r.run_id =
  substring(c.relname FROM '^_stage_([0-9]{1,18})_[0-9]+$')::bigint
WHERE c.relkind = 'r'
  AND c.relname >= '_stage_' AND c.relname < '_stage`' -- begins with _stage_
  AND r.store = $1 AND r.job = $2 AND r.run_id <> $3::bigint
