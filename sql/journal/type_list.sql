-- List the types in the cache, including names for which the store has no type.
-- $1: store, $2: api_version, $3: JSON array of names (NULL: all)
SELECT name, type,
       floor(extract(epoch FROM clock_timestamp() - fetched_at) * 1000)::bigint
FROM bulkpg.graphql_type
WHERE store = $1 AND api_version = $2
  AND (type IS NOT NULL OR NOT is_query_type)
  AND ($3::json IS NULL
       OR name IN (SELECT json_array_elements_text($3::json)))
ORDER BY name
