-- Find out why this process can no longer change a run.
-- $1: run_id
SELECT status, resumed, coalesce(error_code, '')
FROM bulkpg.run WHERE run_id = $1::bigint
