-- List the masked columns of each job's tables: store, job, and "products.email
-- (HASH), ...".
SELECT r.store, r.job,
       string_agg(format('%s.%s (%s)', r.table_name, c.entry ->> 'name',
                         c.entry ->> 'mask'),
                  ', ' ORDER BY r.table_name, c.n)
FROM bulkpg.relation r
JOIN pg_namespace s ON s.nspname = r.table_schema
JOIN pg_class t ON t.relnamespace = s.oid AND t.relname = r.table_name
CROSS JOIN LATERAL jsonb_array_elements(r.columns)
  WITH ORDINALITY AS c (entry, n)
WHERE c.entry ->> 'mask' IS NOT NULL
GROUP BY r.store, r.job
ORDER BY r.store COLLATE "C", r.job COLLATE "C"
