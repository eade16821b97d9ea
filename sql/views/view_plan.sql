-- Plan one view, which combines all stores' tables of one name. Return what to
-- do, the number of stores, and the script that creates the view.
--   made       the view does not exist yet
--   changed    the new definition only adds columns at the end, so CREATE OR
--              REPLACE is enough; views that depend on this one are kept
--   remade     the view must be dropped first
--   unchanged  the view already has this definition
--   dropped    the view exists, but it has no tables any more
--   foreign    another relation has this name
--   nothing    there are neither a view nor tables
-- The view shops is not over tables of stores, unless a table has this name: it
-- has each store that has tables, or that bulkpg has asked about its shop, and
-- is made as long as there are tables.
-- A view's COMMENT shows that it belongs to bulkpg, and ends in a digest of its
-- definition.
-- $1: the views' schema, $2: name

-- If a store's schema was renamed, only the newer table counts.
WITH source AS MATERIALIZED (
  SELECT DISTINCT ON (r.store)
         c.oid, c.relkind, r.store, r.table_schema, r.table_name, r.job,
         r.path, r.columns
  FROM bulkpg.relation r
  JOIN pg_namespace n ON n.nspname = r.table_schema
  JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = r.table_name
                 AND c.relkind IN ('r', 'p')
  WHERE r.table_name = $2
  ORDER BY r.store, r.updated_at DESC, r.table_schema

-- The number of stores in the view shops; no row: it is not wanted.
), shops AS MATERIALIZED (
  SELECT count(*) AS stores
  FROM (SELECT store FROM bulkpg.relation
        UNION SELECT store FROM bulkpg.store) AS known
  WHERE $2 = 'shops' AND NOT EXISTS (SELECT FROM source)
  HAVING count(*) > 0 AND EXISTS (
    SELECT FROM bulkpg.relation r
    JOIN pg_namespace n ON n.nspname = r.table_schema
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = r.table_name
                   AND c.relkind IN ('r', 'p'))
), old AS MATERIALIZED (
  SELECT c.oid,
         c.relkind = 'v' AND coalesce(starts_with(
           obj_description(c.oid, 'pg_class'), 'bulkpg view: '), false)
           AS is_ours,
         right(obj_description(c.oid, 'pg_class'), 32) AS digest
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND c.relname = $2
), known AS MATERIALIZED (
  SELECT s.oid, e ->> 'name' AS name, e ->> 'gid_type' AS gid_type
  FROM source s, jsonb_array_elements(s.columns) e

-- The columns of each table that bulkpg created. The view has the name of the
-- store in a column `store`, so a table's own column `store` becomes `_store`.
-- This name is free, because columns of a query never begin with "_".
), have AS MATERIALIZED (
  SELECT s.oid, a.attname AS name, a.attnum,
         CASE a.attname WHEN 'store' THEN '_store' ELSE a.attname END AS label,
         a.atttypid AS typid, a.atttypmod AS typmod,
         CASE WHEN a.atttypid = 'bigint'::regtype THEN k.gid_type END
           AS gid_type
  FROM source s
  JOIN pg_attribute a ON a.attrelid = s.oid AND a.attnum > 0
                     AND NOT a.attisdropped
  LEFT JOIN known k ON k.oid = s.oid AND k.name = a.attname
  WHERE k.name IS NOT NULL
     OR a.attname IN ('_ordinal', '_typename', '_loaded_at', '_deleted_at')

-- The type of each column of the view, which can hold the values of all stores.
-- Numbers of gids can be compared only if they have the same gid type;
-- otherwise they become whole gids. Types are compared by oid, because their
-- names depend on settings.
), merged AS MATERIALIZED (
  SELECT h.label, count(DISTINCT (h.typid, h.typmod)) = 1
                  AND count(DISTINCT h.gid_type) < 2 AS is_one,
         min(h.typid) AS typid, min(h.typmod) AS typmod,
         CASE WHEN count(DISTINCT h.gid_type) > 1 THEN 'text'::regtype
              WHEN bool_and(h.typid IN ('integer'::regtype,
                                        'bigint'::regtype))
              THEN 'bigint'::regtype
              WHEN bool_and(h.typid IN ('integer'::regtype,
                                        'double precision'::regtype))
              THEN 'double precision'::regtype
              WHEN bool_and(h.typid IN ('integer'::regtype, 'bigint'::regtype,
                                        'numeric'::regtype,
                                        'double precision'::regtype))
              THEN 'numeric'::regtype
              WHEN bool_and(h.typid IN ('date'::regtype,
                                        'timestamptz'::regtype))
              THEN 'timestamptz'::regtype
              ELSE 'text'::regtype
         END::oid AS wider,
         min(h.attnum) + CASE WHEN h.label IN ('_typename', '_loaded_at',
                                               '_deleted_at')
                              THEN 10000 ELSE 0 END AS place
  FROM have h
  GROUP BY h.label
), want AS MATERIALIZED (
  SELECT m.label, CASE WHEN m.is_one THEN m.typid ELSE m.wider END AS typid,
         CASE WHEN m.is_one THEN m.typmod ELSE -1 END AS typmod, m.place
  FROM merged m
  UNION ALL
  SELECT 'store', 'text'::regtype, -1, 0 WHERE EXISTS (SELECT FROM source)
  UNION ALL
  SELECT s.label, 'text'::regtype, -1, s.place
  FROM shops, (VALUES ('store', 0), ('domain', 1), ('currency_code', 2),
                      ('iana_timezone', 3), ('plan', 4)) AS s (label, place)

-- If the view can keep all columns that it has, they keep their positions.
), stays AS MATERIALIZED (
  SELECT coalesce(bool_and(w.label IS NOT NULL), false) AS all_stay
  FROM old
  JOIN pg_attribute a ON a.attrelid = old.oid AND a.attnum > 0
  LEFT JOIN want w ON w.label = a.attname
       AND w.typid = a.atttypid AND w.typmod = a.atttypmod
), ranked AS MATERIALIZED (
  SELECT w.label, w.typid, w.typmod,
         format_type(w.typid, w.typmod) AS type,
         row_number() OVER (ORDER BY a.attnum NULLS LAST, w.place, w.label)
           AS rank
  FROM want w
  LEFT JOIN pg_attribute a
         ON a.attrelid = (SELECT oid FROM old WHERE is_ours)
        AND a.attname = w.label AND (SELECT all_stay FROM stays)

-- Dates and times become text in the form that the store writes, which does not
-- depend on the reader's DateStyle and TimeZone. Double precision is cast to
-- text first, because the direct cast to numeric rounds to 15 digits. ONLY
-- leaves out tables that a user made inherit from a table.
), branch AS (
  SELECT s.store, s.oid,
         'SELECT ' || string_agg(
           CASE WHEN w.label = 'store' THEN quote_literal(s.store) || '::text'
                WHEN h.name IS NULL THEN 'NULL::' || w.type
                WHEN h.typid = w.typid AND h.typmod = w.typmod
                THEN quote_ident(h.name)
                WHEN w.typid = 'text'::regtype AND h.gid_type IS NOT NULL
                THEN format('(%L || %I::text)',
                            'gid://shopify/' || h.gid_type || '/', h.name)
                WHEN w.typid = 'text'::regtype AND h.typid = 'jsonb'::regtype
                THEN format('(%I #>> ''{}'')', h.name)
                WHEN w.typid = 'text'::regtype AND h.typid = 'date'::regtype
                THEN format('to_char(%I, ''YYYY-MM-DD'')', h.name)
                WHEN w.typid = 'text'::regtype
                     AND h.typid = 'timestamptz'::regtype
                THEN format('(rtrim(rtrim(to_char(%I AT TIME ZONE ''UTC'', '
                            '''YYYY-MM-DD"T"HH24:MI:SS.US''), ''0''), ''.'') '
                            '|| ''Z'')', h.name)
                WHEN h.typid = 'date'::regtype
                THEN format('(%I::timestamp AT TIME ZONE ''UTC'')', h.name)
                WHEN h.typid = 'double precision'::regtype
                     AND w.typid = 'numeric'::regtype
                THEN format('%I::text::numeric', h.name)
                ELSE format('%I::%s', h.name, w.type)
           END || ' AS ' || quote_ident(w.label), ', ' ORDER BY w.rank)
           || format(E'\nFROM %s%I.%I',
                     CASE s.relkind WHEN 'r' THEN 'ONLY ' ELSE '' END,
                     s.table_schema, s.table_name) AS text
  FROM source s
  CROSS JOIN ranked w
  LEFT JOIN have h ON h.oid = s.oid AND h.label = w.label
  GROUP BY s.store, s.oid, s.relkind, s.table_schema, s.table_name
), definition AS MATERIALIZED (
  SELECT coalesce(
           string_agg(text, E'\nUNION ALL\n' ORDER BY store),
           'SELECT known.store, s.domain, s.currency_code, s.iana_timezone, '
           's.plan' || E'\n' ||
           'FROM (SELECT store FROM bulkpg.relation' || E'\n' ||
           '      UNION SELECT store FROM bulkpg.store) AS known' || E'\n' ||
           'LEFT JOIN bulkpg.store AS s ON s.store = known.store') AS text,
         string_agg(oid::text, ' ' ORDER BY store) AS oids,
         coalesce((SELECT stores FROM shops), count(*)) AS stores
  FROM branch

-- The COMMENT, for readers of \d+: which jobs and types differ.
), note AS MATERIALIZED (
  SELECT 'bulkpg view: ' || CASE WHEN EXISTS (SELECT FROM shops)
           THEN 'the shop of each store; NULL: not known'
           ELSE 'tables of ' || (SELECT stores || CASE stores WHEN 1
             THEN ' store' ELSE ' stores' END FROM definition) END
         || coalesce('; made by different queries: '
              || left(string_agg(m.what, ', ' ORDER BY m.what), 1000), '')
         || coalesce('; ' || (
              SELECT left(string_agg(v.what, '; ' ORDER BY v.what), 4000)
              FROM (SELECT format('%s is %s, in some stores %s', w.label,
                                  w.type, string_agg(DISTINCT
                                    format_type(h.typid, h.typmod), ', '))
                           AS what
                    FROM ranked w
                    JOIN have h ON h.label = w.label
                     AND (h.typid, h.typmod) <> (w.typid, w.typmod)
                    GROUP BY w.label, w.type) v), '') AS text
  FROM (SELECT format('%s of job %s (%s)', path, job, count(*)) AS what,
               count(*) OVER () AS meanings
        FROM source GROUP BY path, job) m
  WHERE m.meanings > 1
), digest AS MATERIALIZED (
  SELECT md5(concat_ws(E'\n', d.text, d.oids, n.text)) AS hex
  FROM definition d, note n
)
SELECT CASE WHEN old.oid IS NULL AND d.stores = 0 THEN 'nothing'
            WHEN old.oid IS NULL THEN 'made'
            WHEN NOT old.is_ours THEN 'foreign'
            WHEN d.stores = 0 THEN 'dropped'
            WHEN old.digest = digest.hex THEN 'unchanged'
            WHEN stays.all_stay THEN 'changed'
            ELSE 'remade' END,
       d.stores,
       format(E'CREATE OR REPLACE VIEW %I.%I AS\n%s;\n'
              'COMMENT ON VIEW %I.%I IS %L;', $1, $2, d.text, $1, $2,
              n.text || '; definition ' || digest.hex)
FROM definition d
CROSS JOIN note n
CROSS JOIN digest
CROSS JOIN stays
LEFT JOIN old ON true
