-- The tables that the last run of each job filled.
\echo 'The tables, their rows and their primary keys'
SELECT t.table_name AS table, t.staged AS rows,
       (SELECT count(*) FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
         AS columns,
       regexp_replace(pg_catalog.pg_get_constraintdef(k.oid),
                      '^PRIMARY KEY ', '') AS primary_key
FROM bulkpg.run_table t
JOIN pg_catalog.pg_class c
  ON c.oid = format('%I.%I', t.table_schema, t.table_name)::regclass
JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p'
ORDER BY t.table_name;
