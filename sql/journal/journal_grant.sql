-- Return the GRANT statements that a role needs to read the journal, without
-- the privileges that the role already has. Names cannot be parameters of
-- GRANT.
-- $1: role
SELECT format('GRANT USAGE ON SCHEMA bulkpg TO %I', r.rolname)
FROM pg_roles r
WHERE r.rolname = $1::name
  AND NOT has_schema_privilege(r.oid, 'bulkpg', 'USAGE')
UNION ALL
SELECT format('GRANT SELECT ON bulkpg.%I TO %I', c.relname, r.rolname)
FROM pg_roles r, pg_class c
WHERE r.rolname = $1::name
  AND c.relnamespace = 'bulkpg'::regnamespace
  AND c.relkind IN ('r', 'v')
  AND c.relname NOT IN ('push_row', 'push_chunk')
  AND NOT has_table_privilege(r.oid, c.oid, 'SELECT')
UNION ALL
SELECT format('GRANT SELECT (%s) ON bulkpg.%I TO %I',
              string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum),
              c.relname, r.rolname)
FROM pg_roles r, pg_class c
JOIN pg_attribute a
  ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE r.rolname = $1::name
  AND c.relnamespace = 'bulkpg'::regnamespace
  AND c.relname IN ('push_row', 'push_chunk')
  AND a.attname NOT IN ('variables', 'before', 'idempotency_key', 'target',
                        'marker', 'randoms', 'targets')
  AND NOT has_column_privilege(r.oid, c.oid, a.attnum, 'SELECT')
GROUP BY c.relname, r.rolname
