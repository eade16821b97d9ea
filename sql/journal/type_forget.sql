-- Ask the store again.
-- $1: store, $2: api_version
DELETE FROM bulkpg.graphql_type WHERE store = $1 AND api_version = $2
