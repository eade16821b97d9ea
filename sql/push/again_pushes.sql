-- The pushes of a job that sent rows which are in one of these states.
-- $1: store, $2: job, $3: states
SELECT DISTINCT push_id
FROM bulkpg.push_state
WHERE store = $1 AND job = $2 AND state = ANY ($3::text[])
ORDER BY push_id
