-- Count requests that were refused.
-- $1: JSON array of objects
INSERT INTO bulkpg.heard AS h (store, refused)
SELECT store, sum(refused)
FROM json_to_recordset($1::json) AS r (store text, refused bigint)
GROUP BY store
ORDER BY store
ON CONFLICT (store) DO UPDATE SET refused = h.refused + EXCLUDED.refused
