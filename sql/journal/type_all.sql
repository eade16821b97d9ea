-- All types in the cache, after a row of NULLs, unless they are too large to be
-- read at once; then no row.
-- $1: store, $2: api_version
WITH cached AS MATERIALIZED (
  SELECT name, pg_column_size(type) AS bytes
  FROM bulkpg.graphql_type
  WHERE store = $1 AND api_version = $2
), small AS MATERIALIZED (
  SELECT coalesce(sum(bytes), 0) < 256 * 1024 AS is_small FROM cached
)
SELECT NULL, NULL::json, 0 FROM small WHERE is_small
UNION ALL
SELECT *
FROM (SELECT t.name, t.type,
             floor(extract(epoch FROM clock_timestamp() - t.fetched_at)
                   * 1000)::bigint
      FROM bulkpg.graphql_type t, small
      WHERE small.is_small AND t.store = $1 AND t.api_version = $2
        AND (t.type IS NOT NULL OR NOT t.is_query_type)
      ORDER BY t.name COLLATE "C") AS sorted
