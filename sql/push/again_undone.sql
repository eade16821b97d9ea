-- How many rows of a push other pushes have undone. An undo does not send a row
-- again that the store had before.
-- $1: push_id
SELECT count(*)
FROM bulkpg.push p
JOIN bulkpg.push_row r USING (push_id)
WHERE p.undo_of = $1::bigint AND r.state IN ('applied', 'unchanged')
