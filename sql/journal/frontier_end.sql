-- Remove the frontier of a run.
-- $1: run_id
DELETE FROM bulkpg.frontier WHERE run_id = $1::bigint
