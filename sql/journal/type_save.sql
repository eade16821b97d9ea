-- Save a type in the cache.
-- $1: store, $2: api_version, $3: name, $4: type (NULL: the store has none)
INSERT INTO bulkpg.graphql_type (store, api_version, name, type)
VALUES ($1, $2, $3, $4::json)
ON CONFLICT (store, api_version, name) DO UPDATE
SET type = excluded.type, fetched_at = excluded.fetched_at
