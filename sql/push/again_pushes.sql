-- The pushes of a job that sent rows which are in one of these states, and how
-- many of their rows are.
-- $1: store, $2: job, $3: states
SELECT push_id, count(*)
FROM bulkpg.push_state
WHERE store = $1 AND job = $2 AND state = ANY ($3::text[])
GROUP BY push_id
ORDER BY push_id
