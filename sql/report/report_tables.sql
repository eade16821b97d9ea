-- The largest of our tables.
-- $1: so many of them
SELECT r.table_schema, r.table_name, r.store, r.job,
       greatest(c.reltuples, 0)::bigint, pg_total_relation_size(c.oid),
       count(*) OVER ()
FROM bulkpg.relation r
JOIN pg_namespace n ON n.nspname = r.table_schema
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = r.table_name
ORDER BY 6 DESC, 1, 2
LIMIT $1::bigint
