-- Find out of which type ids in columns of bulkpg's tables are, and of which
-- store a table is.
-- $1: JSON array of {"column", "table" (oid), "attnum"}
SELECT c."column", r.store, r.table_schema || '.' || r.table_name,
       made.value ->> 'gid_type'
FROM json_to_recordset($1::json) AS c ("column" integer, "table" oid,
                                       attnum smallint)
JOIN pg_class t ON t.oid = c."table"
JOIN pg_namespace n ON n.oid = t.relnamespace
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = c.attnum
JOIN bulkpg.relation r
  ON r.table_schema = n.nspname AND r.table_name = t.relname
CROSS JOIN LATERAL jsonb_array_elements(r.columns) AS made (value)
WHERE made.value ->> 'name' = a.attname
  AND made.value ->> 'gid_type' IS NOT NULL
