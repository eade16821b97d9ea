-- Nothing of a push is sent: its planned rows are skipped.
-- $1: push_id
UPDATE bulkpg.push_row SET state = 'skipped', n = 0, line = number
WHERE push_id = $1::bigint AND state = 'planned'
