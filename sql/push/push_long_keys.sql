-- Find out whether the index of keys takes the long keys of a push: add them as
-- they will be added before they are sent. push_long_keys_end.sql removes them.
-- $1: push_id
INSERT INTO bulkpg.push_state (store, job, key, hash, push_id, state)
SELECT DISTINCT p.store, p.job, r.key, '', p.push_id, 'sending'
FROM bulkpg.push_row r
JOIN bulkpg.push p USING (push_id)
WHERE r.push_id = $1::bigint AND r.n > 0 AND octet_length(r.key) > 2000
ON CONFLICT DO NOTHING
