-- Remove the mark of the query type from the type that had it. See
-- query_type_save.sql.
-- $1: store, $2: api_version, $3: name
UPDATE bulkpg.graphql_type SET is_query_type = false
WHERE store = $1 AND api_version = $2 AND is_query_type AND name <> $3
