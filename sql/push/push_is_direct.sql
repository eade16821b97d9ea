-- The rows of a push are sent as single requests.
-- $1: push_id
UPDATE bulkpg.push
SET is_direct = true, mode = CASE mode WHEN 'undo' THEN mode ELSE 'direct' END
WHERE push_id = $1::bigint
