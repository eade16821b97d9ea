-- Remove the keys that push_long_keys.sql has added in this transaction.
-- $1: push_id
DELETE FROM bulkpg.push_state s
USING bulkpg.push p
WHERE p.push_id = $1::bigint AND s.store = p.store AND s.job = p.job
  AND s.push_id = p.push_id AND octet_length(s.key) > 2000
