-- Save the name of the query type. If another process saves it at the same
-- time, one of the two unique indexes reports a conflict, and the statement
-- does nothing.
-- $1: store, $2: api_version, $3: name
WITH marked AS (
  UPDATE bulkpg.graphql_type SET is_query_type = true
  WHERE store = $1 AND api_version = $2 AND name = $3
  RETURNING name
)
INSERT INTO bulkpg.graphql_type (store, api_version, name, is_query_type)
SELECT $1, $2, $3, true
WHERE NOT EXISTS (SELECT FROM marked)
ON CONFLICT DO NOTHING
