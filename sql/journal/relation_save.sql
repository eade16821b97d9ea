-- Add or replace the entry of a table. An entry that does not change is not
-- written.
-- $1: table_schema, $2: table_name, $3: store, $4: job, $5: file, $6: path,
-- $7: columns
INSERT INTO bulkpg.relation AS r (table_schema, table_name, store, job, file,
                                  path, columns)
VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb)
ON CONFLICT (table_schema, table_name) DO UPDATE
SET store = excluded.store, job = excluded.job, file = excluded.file,
    path = excluded.path, columns = excluded.columns,
    updated_at = excluded.updated_at
WHERE (r.store, r.job, r.file, r.path, r.columns) IS DISTINCT FROM
  (excluded.store, excluded.job, excluded.file, excluded.path,
   excluded.columns)
