-- Add or replace the entry of a table. An entry that does not change is not
-- written.
-- $1: table_schema, $2: table_name, $3: store, $4: job, $5: file, $6: path,
-- $7: columns, $8: hash_definition, $9: is_uneven (NULL: as they are)
INSERT INTO bulkpg.relation AS r (table_schema, table_name, store, job, file,
                                  path, columns, hash_definition, is_uneven)
VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, coalesce($9::boolean, false))
ON CONFLICT (table_schema, table_name) DO UPDATE
SET store = excluded.store, job = excluded.job, file = excluded.file,
    path = excluded.path, columns = excluded.columns,
    hash_definition = coalesce(excluded.hash_definition, r.hash_definition),
    is_uneven = coalesce($9::boolean, r.is_uneven),
    updated_at = excluded.updated_at
WHERE (r.store, r.job, r.file, r.path, r.columns) IS DISTINCT FROM
  (excluded.store, excluded.job, excluded.file, excluded.path,
   excluded.columns)
   OR r.hash_definition IS DISTINCT FROM
      coalesce(excluded.hash_definition, r.hash_definition)
   OR r.is_uneven IS DISTINCT FROM coalesce($9::boolean, r.is_uneven)
