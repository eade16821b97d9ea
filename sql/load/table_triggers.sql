-- List, for each table, the objects that may change other rows than a statement
-- names: triggers and rules of the table and its partitions, and foreign keys
-- with an action that deletes or changes its rows: CASCADE, SET NULL or SET
-- DEFAULT. ON UPDATE does not count if the foreign key refers to a primary key,
-- which no statement changes. Internal triggers, which belong to constraints, do
-- not count either.
-- $1: schema, $2: tables, a JSON array
WITH RECURSIVE part (root, oid, is_part) AS (
  SELECT c.oid, c.oid, false
  FROM pg_catalog.pg_class c
  WHERE c.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace
                          WHERE nspname = $1)
    AND c.relname = ANY (ARRAY (
      SELECT value::name
      FROM pg_catalog.json_array_elements_text($2::json)))
  UNION
  SELECT p.root, c.oid, true
  FROM part p
  JOIN pg_catalog.pg_inherits i ON i.inhparent = p.oid
  JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relispartition
), found (root, oid, is_part, kind, name) AS (
  SELECT p.*, 'trigger', t.tgname::text
  FROM part p
  JOIN pg_catalog.pg_trigger t ON t.tgrelid = p.oid
  WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND t.tgparentid = 0
  UNION ALL
  SELECT p.*, 'rule', r.rulename::text
  FROM part p
  JOIN pg_catalog.pg_rewrite r ON r.ev_class = p.oid
  WHERE r.ev_enabled <> 'D'
  UNION ALL
  SELECT p.*, 'constraint', k.conname::text
  FROM part p
  JOIN pg_catalog.pg_constraint k ON k.conrelid = p.oid
  WHERE k.contype = 'f' AND k.conparentid = 0
    AND (k.confdeltype IN ('c', 'n', 'd')
         OR k.confupdtype IN ('c', 'n', 'd')
            AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i
                            WHERE i.indexrelid = k.conindid
                              AND i.indisprimary))
)
SELECT root.relname,
       string_agg(f.kind || ' ' || f.name || CASE WHEN f.is_part
                  THEN ' of ' || n.nspname || '.' || c.relname
                  ELSE '' END, ', ' ORDER BY f.kind DESC, f.name),
       bool_and(f.kind = 'constraint')
FROM found f
JOIN pg_catalog.pg_class root ON root.oid = f.root
JOIN pg_catalog.pg_class c ON c.oid = f.oid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
GROUP BY root.relname
