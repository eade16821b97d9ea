-- The tables of bulkpg that a SELECT reads, by its plan, and when they were
-- loaded: the age of the last load without rejects in milliseconds (NULL: none),
-- when the last load was requested (NULL: none), and its age.
-- $1: EXPLAIN (VERBOSE, FORMAT JSON) of the SELECT
WITH read AS (
  SELECT DISTINCT coalesce(pg_partition_root(t.oid), t.oid) AS oid
  FROM jsonb_path_query($1::jsonb, 'strict $.** ? (exists (@."Relation Name"))')
         AS node
  JOIN pg_namespace n ON n.nspname = node ->> 'Schema'
  JOIN pg_class t
    ON t.relnamespace = n.oid AND t.relname = node ->> 'Relation Name'
), ours AS (
  SELECT r.store, r.job, r.table_schema, r.table_name
  FROM read
  JOIN pg_class t ON t.oid = read.oid
  JOIN pg_namespace n ON n.oid = t.relnamespace
  JOIN bulkpg.relation r
    ON r.table_schema = n.nspname AND r.table_name = t.relname
  WHERE r.path <> 'push'
)
SELECT o.table_schema || '.' || o.table_name, o.store, o.job,
       (extract(epoch FROM clock_timestamp() - good.finished_at)
        * 1000)::bigint,
       pulled.at::text,
       (extract(epoch FROM clock_timestamp() - pulled.at) * 1000)::bigint
FROM ours o
LEFT JOIN LATERAL (
  SELECT r.finished_at FROM bulkpg.run r
  WHERE r.store = o.store AND r.job = o.job AND r.status = 'loaded'
    AND r.mode NOT IN ('replay', 'ids')
  ORDER BY r.run_id DESC LIMIT 1
) AS good ON true
LEFT JOIN LATERAL (
  SELECT coalesce(r.submitted_at, r.started_at) AS at FROM bulkpg.run r
  WHERE r.store = o.store AND r.job = o.job
    AND r.status IN ('loaded', 'loaded_with_rejects')
    AND r.mode NOT IN ('replay', 'ids')
  ORDER BY r.run_id DESC LIMIT 1
) AS pulled ON true
ORDER BY 1
