-- Why a run is not ours to change any more.
-- $1: run_id
SELECT status, resumed, coalesce(error_code, '')
FROM bulkpg.run WHERE run_id = $1::bigint
