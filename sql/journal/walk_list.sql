-- List how a run read its connections.
-- $1: run_id
SELECT path, instances, pages, rows, told, nulls, repeats, points
FROM bulkpg.walk
WHERE run_id = $1::bigint
ORDER BY path
