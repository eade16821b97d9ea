-- Find the first table or partition that prevents a change of a table because
-- of inheritance, and return it with the name that a user knows. If an ordinary
-- table gets a column, or a column gets another type, PostgreSQL changes all
-- tables that inherit from it in the same way. An inherited column cannot
-- change.
-- $1: schema, $2: table, $3: columns whose type changes, a JSON array,
-- $4: columns to be added with the oids of their types, a JSON object
WITH RECURSIVE ours AS (
  SELECT c.oid, c.relkind, c.relispartition
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND c.relname = $2
), heir (oid) AS (
  SELECT i.inhrelid FROM ours
  JOIN pg_catalog.pg_inherits i ON i.inhparent = ours.oid
  WHERE ours.relkind = 'r'
  UNION
  SELECT i.inhrelid FROM heir
  JOIN pg_catalog.pg_inherits i ON i.inhparent = heir.oid
), parent (oid) AS (
  SELECT i.inhparent FROM ours
  JOIN pg_catalog.pg_inherits i ON i.inhrelid = ours.oid
), changed (name) AS (
  SELECT value FROM pg_catalog.json_array_elements_text($3::json)
), added (name, type) AS (
  SELECT key, value::oid FROM pg_catalog.json_each_text($4::json)
), obstacle (name, oid) AS (
  SELECT c.name, h.oid FROM changed c CROSS JOIN heir h
  UNION ALL
  SELECT c.name, p.oid FROM changed c CROSS JOIN parent p
  JOIN ours ON true
  JOIN pg_catalog.pg_attribute a
    ON a.attrelid = ours.oid AND a.attname = c.name AND a.attinhcount > 0
  UNION ALL
  SELECT d.name, a.attrelid FROM added d CROSS JOIN heir h
  JOIN pg_catalog.pg_attribute a ON a.attrelid = h.oid AND a.attname = d.name
  WHERE a.atttypid <> d.type OR a.atttypmod <> -1
  UNION ALL
  SELECT d.name, h.oid FROM added d CROSS JOIN heir h
  JOIN pg_catalog.pg_class k ON k.oid = h.oid
  WHERE NOT pg_catalog.pg_has_role(k.relowner, 'USAGE')
  UNION ALL
  SELECT d.name, p.oid FROM added d CROSS JOIN parent p
  JOIN ours ON ours.relispartition
)
SELECT o.name, pg_describe_object('pg_class'::regclass, o.oid, 0)
FROM obstacle o
ORDER BY 1, 2
LIMIT 1
