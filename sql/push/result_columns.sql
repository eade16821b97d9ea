-- The columns of a result table, who owns it, and which columns bulkpg made.
-- $1: schema, $2: table
SELECT a.attname, format_type(a.atttypid, a.atttypmod),
       coalesce(r.store, ''), coalesce(r.job, ''), coalesce(r.path, ''),
       coalesce(r.columns::text, '[]')
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a
  ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN bulkpg.relation r
  ON r.table_schema = n.nspname AND r.table_name = c.relname
WHERE n.nspname = $1 AND c.relname = $2
ORDER BY a.attnum
