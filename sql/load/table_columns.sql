-- Return the kind of a relation, and for each column its name, its type as text
-- and as an oid (0 if the type has a modifier), whether it is in the primary
-- key, and whether an index begins with it; and how many rows the relation has
-- by its statistics. Return no rows if the relation does not exist.
-- $1: schema, $2: table
SELECT c.relkind::text, a.attname,
       CASE pg_catalog.format_type(a.atttypid, a.atttypmod)
           WHEN 'timestamp with time zone' THEN 'timestamptz'
           ELSE pg_catalog.format_type(a.atttypid, a.atttypmod)
       END,
       CASE a.atttypmod WHEN -1 THEN a.atttypid::bigint ELSE 0 END,
       coalesce(a.attnum = ANY (k.conkey), false),
       EXISTS (SELECT FROM pg_catalog.pg_index i
               WHERE i.indrelid = c.oid AND i.indisvalid
                 AND i.indkey[0] = a.attnum),
       c.reltuples::bigint
FROM pg_catalog.pg_class c
LEFT JOIN pg_catalog.pg_attribute a
       ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_catalog.pg_constraint k
       ON k.conrelid = c.oid AND k.contype = 'p'
WHERE c.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace
                        WHERE nspname = $1)
  AND c.relname = $2
ORDER BY a.attnum
