-- The name of the type that queries begin at.
-- $1: store, $2: api_version, $3: name
INSERT INTO bulkpg.graphql_type (store, api_version, name, is_query_type)
VALUES ($1, $2, $3, true)
ON CONFLICT (store, api_version, name) DO UPDATE SET is_query_type = true
