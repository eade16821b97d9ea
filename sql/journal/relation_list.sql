-- List the tables that bulkpg owns.
-- $1: store, $2: job, $3: table_schema, $4: table_name (each NULL: any)
SELECT table_schema, table_name, store, job, file, path, columns,
       hash_definition, is_uneven
FROM bulkpg.relation
WHERE ($1::text IS NULL OR store = $1)
  AND ($2::text IS NULL OR job = $2)
  AND ($3::text IS NULL OR table_schema = $3)
  AND ($4::text IS NULL OR table_name = $4)
ORDER BY table_schema, table_name
