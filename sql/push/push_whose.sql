-- Find out why this process can no longer change a push.
-- $1: push_id
SELECT status, resumed FROM bulkpg.push WHERE push_id = $1::bigint
