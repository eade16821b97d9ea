-- A type as the store described it.
-- $1: store, $2: api_version, $3: name, $4: type (NULL: there is none)
INSERT INTO bulkpg.graphql_type (store, api_version, name, type)
VALUES ($1, $2, $3, $4::json)
ON CONFLICT (store, api_version, name) DO UPDATE
SET type = excluded.type, fetched_at = excluded.fetched_at
