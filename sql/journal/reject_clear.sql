-- The run's loading begins anew.
-- $1: run_id
DELETE FROM bulkpg.reject WHERE run_id = $1::bigint
