-- Return the name of the query type. A query's outermost fields belong to this
-- type.
-- $1: store, $2: api_version
SELECT name FROM bulkpg.graphql_type
WHERE store = $1 AND api_version = $2 AND is_query_type
