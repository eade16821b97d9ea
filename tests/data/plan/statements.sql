-- ==== Staging
CREATE UNLOGGED TABLE "acme"."_stage_1_1" (
    "_line" bigint,
    "id" bigint NOT NULL,
    "name" text,
    "created_at" timestamptz,
    "_hash" bigint
);
INSERT INTO "acme"."_stage_1_1" SELECT * FROM pg_catalog.unnest($1::"acme"."_stage_1_1"[]);
CREATE UNLOGGED TABLE "acme"."_stage_1_2" (
    "_line" bigint,
    "_parent_id" bigint NOT NULL,
    "_position" integer,
    "id" bigint NOT NULL,
    "title" text,
    "customer_id" bigint,
    "_hash" bigint
);
INSERT INTO "acme"."_stage_1_2" SELECT * FROM pg_catalog.unnest($1::"acme"."_stage_1_2"[]);
CREATE UNLOGGED TABLE "acme"."_stage_1_3" (
    "_line" bigint,
    "_pos" integer,
    "line_item" bigint NOT NULL,
    "_ordinal" bigint,
    "title" text,
    "_hash" bigint
);
INSERT INTO "acme"."_stage_1_3" SELECT * FROM pg_catalog.unnest($1::"acme"."_stage_1_3"[]);
CREATE UNLOGGED TABLE "acme"."_stage_1_4" (
    "_line" bigint,
    "_parent_id" bigint NOT NULL,
    "_ordinal" bigint,
    "index" integer,
    "_typename" text,
    "_hash" bigint
);
INSERT INTO "acme"."_stage_1_4" SELECT * FROM pg_catalog.unnest($1::"acme"."_stage_1_4"[]);
CREATE UNLOGGED TABLE "acme"."_stage_1_5" (
    "_line" bigint,
    "_pos" integer,
    "_parent_id" bigint NOT NULL,
    "id" bigint NOT NULL,
    "kind" text,
    "_hash" bigint
);
INSERT INTO "acme"."_stage_1_5" SELECT * FROM pg_catalog.unnest($1::"acme"."_stage_1_5"[]);
CREATE UNLOGGED TABLE "acme"."_stage_1_6" (
    "_line" bigint,
    "_pos" integer,
    "_parent_pos" integer,
    "_parent_id" bigint NOT NULL,
    "id" bigint NOT NULL,
    "type" text,
    "_hash" bigint
);
INSERT INTO "acme"."_stage_1_6" SELECT * FROM pg_catalog.unnest($1::"acme"."_stage_1_6"[]);

-- ==== Guards: orders
-- Count the rows in staging.
SELECT count(*) FROM "acme"."_stage_1_1";
-- Find the columns that are NULL in every row in staging. Each test stops at
-- the first value, so it is fast if the column has values.
SELECT count(*),
       NOT EXISTS (SELECT FROM "acme"."_stage_1_1" WHERE "id" IS NOT NULL),
       NOT EXISTS (SELECT FROM "acme"."_stage_1_1" WHERE "name" IS NOT NULL),
       NOT EXISTS (SELECT FROM "acme"."_stage_1_1" WHERE "created_at" IS NOT NULL);
-- Count the rows of the table and, for each of these columns, the rows that
-- have a value in it.
SELECT count(*), count(t."id"), count(t."name"), count(t."created_at")
FROM ONLY "acme"."orders" AS t WHERE t._deleted_at IS NULL;
-- Count the same, but only for the rows of the table whose keys are in staging,
-- and only if one of the columns is NULL in every row in staging. That is tested
-- once, before the tables are joined.
SELECT count(*), count(t."id"), count(t."name"), count(t."created_at")
FROM ONLY "acme"."orders" AS t
JOIN "acme"."_stage_1_1" AS s ON s."id" = t."id"
WHERE (NOT EXISTS (SELECT FROM "acme"."_stage_1_1" WHERE "id" IS NOT NULL) OR
       NOT EXISTS (SELECT FROM "acme"."_stage_1_1" WHERE "name" IS NOT NULL) OR
       NOT EXISTS (SELECT FROM "acme"."_stage_1_1" WHERE "created_at" IS NOT NULL))
  AND t._deleted_at IS NULL;
-- Count the rows of the table, without those that are marked as deleted.
SELECT count(*) FROM ONLY "acme"."orders" WHERE _deleted_at IS NULL;

-- ==== First load: orders
ALTER TABLE "acme"."_stage_1_1" ADD CONSTRAINT "orders_pkey" PRIMARY KEY ("id");
CREATE INDEX "orders_name_idx" ON "acme"."_stage_1_1" ("name");
ALTER TABLE "acme"."_stage_1_1" DROP COLUMN "_line", ADD COLUMN _loaded_at timestamptz DEFAULT 'now', ADD COLUMN _deleted_at timestamptz;
ALTER TABLE "acme"."_stage_1_1" ALTER COLUMN _loaded_at DROP DEFAULT;
ALTER TABLE "acme"."_stage_1_1" RENAME TO "orders";
COMMENT ON TABLE "acme"."orders" IS 'orders: Order';
COMMENT ON COLUMN "acme"."orders"."id" IS 'id: ID!; the number of gid://shopify/Order/<number>';
COMMENT ON COLUMN "acme"."orders"."name" IS 'name: String!';
COMMENT ON COLUMN "acme"."orders"."created_at" IS 'createdAt: DateTime!';
COMMENT ON COLUMN "acme"."orders"."_hash" IS 'hash of the row''s values; NULL: the next merge writes the row';
COMMENT ON COLUMN "acme"."orders"."_loaded_at" IS 'when the run that last changed the row began to load';
COMMENT ON COLUMN "acme"."orders"."_deleted_at" IS 'when bulkpg found that the row is gone from the store; NULL: the row exists there';

-- ==== Later loads: orders
-- Delete the rows of lines that were rejected after some of their rows had been
-- sent.
-- $1: the numbers of these lines
DELETE FROM "acme"."_stage_1_1" WHERE _line = ANY ($1::bigint[]);
CREATE UNIQUE INDEX ON "acme"."_stage_1_1" ("id");
-- If several rows in staging have the same key, keep only the last one.
DELETE FROM "acme"."_stage_1_1" AS s
USING (SELECT ctid AS place,
              row_number() OVER (PARTITION BY "id"
                                 ORDER BY _line DESC) AS n
       FROM "acme"."_stage_1_1") AS d
WHERE s.ctid = d.place AND d.n > 1;
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_1_changes" AS
SELECT s.ctid AS place, t."id" IS NULL AS is_new
FROM "acme"."_stage_1_1" AS s
LEFT JOIN ONLY "acme"."orders" AS t ON s."id" = t."id"
WHERE t."id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash
   OR t._deleted_at IS NOT NULL;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new),
       0
FROM "acme"."_stage_1_1_changes";
-- In a full run, mark the rows that are not in staging and are not marked yet.
-- $1: loaded_at
UPDATE ONLY "acme"."orders" AS t
SET _deleted_at = $1::timestamptz, _loaded_at = $1::timestamptz
WHERE t._deleted_at IS NULL
  AND NOT EXISTS (SELECT FROM "acme"."_stage_1_1" AS s WHERE s."id" = t."id");
-- Update the changed rows. OFFSET 0 makes PostgreSQL find them in staging by
-- their places first, and only then join them with the table. Otherwise, if the
-- key has two columns, the planner expects very few matches in the table, joins
-- with the table first, and compares each match with all places.
-- $1: loaded_at
UPDATE ONLY "acme"."orders" AS t
SET "name" = s."name", "created_at" = s."created_at", "_hash" = s."_hash", _loaded_at = $1::timestamptz, _deleted_at = NULL
FROM (SELECT s.* FROM "acme"."_stage_1_1" AS s, "acme"."_stage_1_1_changes" AS c
      WHERE NOT c.is_new AND s.ctid = c.place OFFSET 0) AS s
WHERE s."id" = t."id";
-- Insert the new rows. In a first load, if staging cannot become the table, all
-- rows are new.
-- $1: loaded_at
INSERT INTO "acme"."orders" AS t ("id", "name", "created_at", "_hash", _loaded_at)
SELECT s."id", s."name", s."created_at", s."_hash", $1::timestamptz
FROM "acme"."_stage_1_1" AS s, "acme"."_stage_1_1_changes" AS c
WHERE c.is_new AND s.ctid = c.place;
-- After insert_new.sql and update_changed.sql: count the new rows and the
-- changed rows that are not in the table as they are in staging. Both counts
-- are 0, unless a trigger or a rule of the table changed or dropped rows.
SELECT count(*) FILTER (WHERE s.is_new), count(*) FILTER (WHERE NOT s.is_new)
FROM (SELECT s.*, c.is_new FROM "acme"."_stage_1_1" AS s, "acme"."_stage_1_1_changes" AS c
      WHERE s.ctid = c.place OFFSET 0) AS s
WHERE NOT EXISTS (SELECT FROM ONLY "acme"."orders" AS t
        WHERE s."id" = t."id"
          AND t._hash IS NOT DISTINCT FROM s._hash
          AND t._deleted_at IS NULL);

-- ==== Later loads, other hashes: orders
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_1_changes" AS
SELECT s.ctid AS place, t."id" IS NULL AS is_new,
       t._hash IS NOT NULL
         AND ROW(t."id", t."name", t."created_at")::record
             *= ROW(s."id", s."name", s."created_at")::record
         AND t._deleted_at IS NULL AS is_same
FROM "acme"."_stage_1_1" AS s
LEFT JOIN ONLY "acme"."orders" AS t ON s."id" = t."id"
WHERE t."id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash
   OR t._deleted_at IS NOT NULL;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new AND NOT is_same),
       count(*) FILTER (WHERE NOT is_new AND is_same)
FROM "acme"."_stage_1_1_changes";
-- Update the changed rows. OFFSET 0 makes PostgreSQL find them in staging by
-- their places first, and only then join them with the table. Otherwise, if the
-- key has two columns, the planner expects very few matches in the table, joins
-- with the table first, and compares each match with all places.
-- $1: loaded_at
UPDATE ONLY "acme"."orders" AS t
SET "name" = s."name", "created_at" = s."created_at", "_hash" = s."_hash", _loaded_at = $1::timestamptz, _deleted_at = NULL
FROM (SELECT s.* FROM "acme"."_stage_1_1" AS s, "acme"."_stage_1_1_changes" AS c
      WHERE NOT c.is_new AND NOT c.is_same AND s.ctid = c.place OFFSET 0) AS s
WHERE s."id" = t."id";
-- Write the hashes, by their new definition, of rows whose values are the same.
UPDATE ONLY "acme"."orders" AS t
SET _hash = s._hash
FROM (SELECT s.* FROM "acme"."_stage_1_1" AS s, "acme"."_stage_1_1_changes" AS c
      WHERE NOT c.is_new AND c.is_same AND s.ctid = c.place OFFSET 0) AS s
WHERE s."id" = t."id";

-- ==== Guards: orders_line_items
-- Count the rows in staging.
SELECT count(*) FROM "acme"."_stage_1_2";
-- Find the columns that are NULL in every row in staging. Each test stops at
-- the first value, so it is fast if the column has values.
SELECT count(*),
       NOT EXISTS (SELECT FROM "acme"."_stage_1_2" WHERE "id" IS NOT NULL),
       NOT EXISTS (SELECT FROM "acme"."_stage_1_2" WHERE "title" IS NOT NULL),
       NOT EXISTS (SELECT FROM "acme"."_stage_1_2" WHERE "customer_id" IS NOT NULL);
-- Count the rows of the table and, for each of these columns, the rows that
-- have a value in it.
SELECT count(*), count(t."id"), count(t."title"), count(t."customer_id")
FROM ONLY "acme"."orders_line_items" AS t WHERE t._deleted_at IS NULL;
-- Count the same, but only for the rows of the table whose keys are in staging,
-- and only if one of the columns is NULL in every row in staging. That is tested
-- once, before the tables are joined.
SELECT count(*), count(t."id"), count(t."title"), count(t."customer_id")
FROM ONLY "acme"."orders_line_items" AS t
JOIN "acme"."_stage_1_2" AS s ON s."_parent_id" = t."_parent_id" AND s."id" = t."id"
WHERE (NOT EXISTS (SELECT FROM "acme"."_stage_1_2" WHERE "id" IS NOT NULL) OR
       NOT EXISTS (SELECT FROM "acme"."_stage_1_2" WHERE "title" IS NOT NULL) OR
       NOT EXISTS (SELECT FROM "acme"."_stage_1_2" WHERE "customer_id" IS NOT NULL))
  AND t._deleted_at IS NULL;
-- Count the rows of the table, without those that are marked as deleted.
SELECT count(*) FROM ONLY "acme"."orders_line_items" WHERE _deleted_at IS NULL;

-- ==== First load: orders_line_items
ALTER TABLE "acme"."_stage_1_2" ADD CONSTRAINT "orders_line_items_pkey" PRIMARY KEY ("_parent_id", "id");
CREATE INDEX "orders_line_items_id_idx" ON "acme"."_stage_1_2" ("id");
ALTER TABLE "acme"."_stage_1_2" DROP COLUMN "_line", ADD COLUMN _loaded_at timestamptz DEFAULT 'now', ADD COLUMN _deleted_at timestamptz;
ALTER TABLE "acme"."_stage_1_2" ALTER COLUMN _loaded_at DROP DEFAULT;
ALTER TABLE "acme"."_stage_1_2" RENAME TO "orders_line_items";
COMMENT ON TABLE "acme"."orders_line_items" IS 'orders.lineItems: LineItem';
COMMENT ON COLUMN "acme"."orders_line_items"."_parent_id" IS 'id of the row''s parent in orders; the number of gid://shopify/Order/<number>';
COMMENT ON COLUMN "acme"."orders_line_items"."_position" IS 'position among the rows of its parent, from 0';
COMMENT ON COLUMN "acme"."orders_line_items"."id" IS 'id: ID!; the number of gid://shopify/LineItem/<number>';
COMMENT ON COLUMN "acme"."orders_line_items"."title" IS 'title: String!';
COMMENT ON COLUMN "acme"."orders_line_items"."customer_id" IS 'customer.id: ID!; the number of gid://shopify/Product/<number>';
COMMENT ON COLUMN "acme"."orders_line_items"."_hash" IS 'hash of the row''s values; NULL: the next merge writes the row';
COMMENT ON COLUMN "acme"."orders_line_items"."_loaded_at" IS 'when the run that last changed the row began to load';
COMMENT ON COLUMN "acme"."orders_line_items"."_deleted_at" IS 'when bulkpg found that the row is gone from the store; NULL: the row exists there';

-- ==== Later loads: orders_line_items
-- Delete the rows of lines that were rejected after some of their rows had been
-- sent.
-- $1: the numbers of these lines
DELETE FROM "acme"."_stage_1_2" WHERE _line = ANY ($1::bigint[]);
CREATE UNIQUE INDEX ON "acme"."_stage_1_2" ("_parent_id", "id");
-- If several rows in staging have the same key, keep only the last one.
DELETE FROM "acme"."_stage_1_2" AS s
USING (SELECT ctid AS place,
              row_number() OVER (PARTITION BY "_parent_id", "id"
                                 ORDER BY _line DESC) AS n
       FROM "acme"."_stage_1_2") AS d
WHERE s.ctid = d.place AND d.n > 1;
-- Number the rows below each parent, or all rows of the root, in the order of
-- the result.
UPDATE "acme"."_stage_1_2" AS s SET _position = d.n - 1
FROM (SELECT ctid AS place,
             row_number() OVER (PARTITION BY "_parent_id" ORDER BY _line) AS n
      FROM "acme"."_stage_1_2") AS d
WHERE s.ctid = d.place;
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_2_changes" AS
SELECT s.ctid AS place, t."_parent_id" IS NULL AS is_new
FROM "acme"."_stage_1_2" AS s
LEFT JOIN ONLY "acme"."orders_line_items" AS t ON s."_parent_id" = t."_parent_id" AND s."id" = t."id"
WHERE t."_parent_id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash
   OR t._position IS DISTINCT FROM s._position
   OR t._deleted_at IS NOT NULL;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new),
       0
FROM "acme"."_stage_1_2_changes";
-- In a full run, mark the rows that are not in staging and are not marked yet.
-- $1: loaded_at
UPDATE ONLY "acme"."orders_line_items" AS t
SET _deleted_at = $1::timestamptz, _loaded_at = $1::timestamptz
WHERE t._deleted_at IS NULL
  AND NOT EXISTS (SELECT FROM "acme"."_stage_1_2" AS s WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id");
-- Create the table for the ids that list_gone.sql finds.
CREATE UNLOGGED TABLE "acme"."_stage_1_2_gone" (id bigint);
-- Before an incremental run removes rows, list the ids of these rows, so that
-- the rows below them can be removed, too.
INSERT INTO "acme"."_stage_1_2_gone"
SELECT DISTINCT t."id" AS id
FROM ONLY "acme"."orders_line_items" AS t,
     (SELECT DISTINCT "id" AS id FROM "acme"."_stage_1_1") AS p
WHERE t."_parent_id" = p.id AND t._deleted_at IS NULL
  AND NOT EXISTS (SELECT FROM "acme"."_stage_1_2" AS s WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id");
-- In an incremental run, mark the rows that are not in staging although their
-- parent is.
-- $1: loaded_at
UPDATE ONLY "acme"."orders_line_items" AS t
SET _deleted_at = $1::timestamptz, _loaded_at = $1::timestamptz
FROM (SELECT DISTINCT "id" AS id FROM "acme"."_stage_1_1") AS p
WHERE t."_parent_id" = p.id AND t._deleted_at IS NULL
  AND NOT EXISTS (SELECT FROM "acme"."_stage_1_2" AS s WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id");
-- Update the changed rows. OFFSET 0 makes PostgreSQL find them in staging by
-- their places first, and only then join them with the table. Otherwise, if the
-- key has two columns, the planner expects very few matches in the table, joins
-- with the table first, and compares each match with all places.
-- $1: loaded_at
UPDATE ONLY "acme"."orders_line_items" AS t
SET "_position" = s."_position", "title" = s."title", "customer_id" = s."customer_id", "_hash" = s."_hash", _loaded_at = $1::timestamptz, _deleted_at = NULL
FROM (SELECT s.* FROM "acme"."_stage_1_2" AS s, "acme"."_stage_1_2_changes" AS c
      WHERE NOT c.is_new AND s.ctid = c.place OFFSET 0) AS s
WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id";
-- Insert the new rows. In a first load, if staging cannot become the table, all
-- rows are new.
-- $1: loaded_at
INSERT INTO "acme"."orders_line_items" AS t ("_parent_id", "_position", "id", "title", "customer_id", "_hash", _loaded_at)
SELECT s."_parent_id", s."_position", s."id", s."title", s."customer_id", s."_hash", $1::timestamptz
FROM "acme"."_stage_1_2" AS s, "acme"."_stage_1_2_changes" AS c
WHERE c.is_new AND s.ctid = c.place;
-- After insert_new.sql and update_changed.sql: count the new rows and the
-- changed rows that are not in the table as they are in staging. Both counts
-- are 0, unless a trigger or a rule of the table changed or dropped rows.
SELECT count(*) FILTER (WHERE s.is_new), count(*) FILTER (WHERE NOT s.is_new)
FROM (SELECT s.*, c.is_new FROM "acme"."_stage_1_2" AS s, "acme"."_stage_1_2_changes" AS c
      WHERE s.ctid = c.place OFFSET 0) AS s
WHERE NOT EXISTS (SELECT FROM ONLY "acme"."orders_line_items" AS t
        WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id"
          AND t._hash IS NOT DISTINCT FROM s._hash
          AND t._position IS NOT DISTINCT FROM s._position
          AND t._deleted_at IS NULL);

-- ==== Later loads, other hashes: orders_line_items
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_2_changes" AS
SELECT s.ctid AS place, t."_parent_id" IS NULL AS is_new,
       t._hash IS NOT NULL
         AND ROW(t."_parent_id", t."id", t."title", t."customer_id")::record
             *= ROW(s."_parent_id", s."id", s."title", s."customer_id")::record
         AND t._position IS NOT DISTINCT FROM s._position
         AND t._deleted_at IS NULL AS is_same
FROM "acme"."_stage_1_2" AS s
LEFT JOIN ONLY "acme"."orders_line_items" AS t ON s."_parent_id" = t."_parent_id" AND s."id" = t."id"
WHERE t."_parent_id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash
   OR t._position IS DISTINCT FROM s._position
   OR t._deleted_at IS NOT NULL;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new AND NOT is_same),
       count(*) FILTER (WHERE NOT is_new AND is_same)
FROM "acme"."_stage_1_2_changes";
-- Update the changed rows. OFFSET 0 makes PostgreSQL find them in staging by
-- their places first, and only then join them with the table. Otherwise, if the
-- key has two columns, the planner expects very few matches in the table, joins
-- with the table first, and compares each match with all places.
-- $1: loaded_at
UPDATE ONLY "acme"."orders_line_items" AS t
SET "_position" = s."_position", "title" = s."title", "customer_id" = s."customer_id", "_hash" = s."_hash", _loaded_at = $1::timestamptz, _deleted_at = NULL
FROM (SELECT s.* FROM "acme"."_stage_1_2" AS s, "acme"."_stage_1_2_changes" AS c
      WHERE NOT c.is_new AND NOT c.is_same AND s.ctid = c.place OFFSET 0) AS s
WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id";
-- Write the hashes, by their new definition, of rows whose values are the same.
UPDATE ONLY "acme"."orders_line_items" AS t
SET _hash = s._hash
FROM (SELECT s.* FROM "acme"."_stage_1_2" AS s, "acme"."_stage_1_2_changes" AS c
      WHERE NOT c.is_new AND c.is_same AND s.ctid = c.place OFFSET 0) AS s
WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id";

-- ==== Guards: orders_line_items_tax_lines
-- Count the rows in staging.
SELECT count(*) FROM "acme"."_stage_1_3";
-- Find the columns that are NULL in every row in staging. Each test stops at
-- the first value, so it is fast if the column has values.
SELECT count(*),
       NOT EXISTS (SELECT FROM "acme"."_stage_1_3" WHERE "title" IS NOT NULL);
-- Count the rows of the table and, for each of these columns, the rows that
-- have a value in it.
SELECT count(*), count(t."title")
FROM ONLY "acme"."orders_line_items_tax_lines" AS t;
-- Count the same, but only for the rows of the table whose keys are in staging,
-- and only if one of the columns is NULL in every row in staging. That is tested
-- once, before the tables are joined.
SELECT count(*), count(t."title")
FROM ONLY "acme"."orders_line_items_tax_lines" AS t
JOIN "acme"."_stage_1_3" AS s ON s."line_item" = t."line_item" AND s."_ordinal" = t."_ordinal"
WHERE (NOT EXISTS (SELECT FROM "acme"."_stage_1_3" WHERE "title" IS NOT NULL));
-- Count the rows of the table, without those that are marked as deleted.
SELECT count(*) FROM ONLY "acme"."orders_line_items_tax_lines";

-- ==== First load: orders_line_items_tax_lines
CREATE TABLE "acme"."orders_line_items_tax_lines" (
    "line_item" bigint NOT NULL,
    "_ordinal" bigint NOT NULL,
    "title" text,
    "_hash" bigint,
    "_loaded_at" timestamptz
);
ALTER TABLE "acme"."orders_line_items_tax_lines" ADD CONSTRAINT "orders_line_items_tax_lines_pkey" PRIMARY KEY ("line_item", "_ordinal");

-- ==== Later loads: orders_line_items_tax_lines
-- Delete the rows of lines that were rejected after some of their rows had been
-- sent.
-- $1: the numbers of these lines
DELETE FROM "acme"."_stage_1_3" WHERE _line = ANY ($1::bigint[]);
-- For a list: if a parent is in the result more than once, keep only the rows
-- of its last occurrence, which is on a later line or, for a list in another
-- list, later on the same line.
DELETE FROM "acme"."_stage_1_3" AS s
USING (SELECT "id" AS id,
              max(_line) AS last
       FROM "acme"."_stage_1_2"
       GROUP BY 1 HAVING count(*) > 1) AS d
WHERE s."line_item" = d.id
  AND s._line < d.last;
-- Number the rows below each parent, or all rows of the root, in the order of
-- the result.
UPDATE "acme"."_stage_1_3" AS s SET _ordinal = d.n - 1
FROM (SELECT ctid AS place,
             row_number() OVER (PARTITION BY "line_item" ORDER BY _line, _pos) AS n
      FROM "acme"."_stage_1_3") AS d
WHERE s.ctid = d.place;
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_3_changes" AS
SELECT s.ctid AS place, t."line_item" IS NULL AS is_new
FROM "acme"."_stage_1_3" AS s
LEFT JOIN ONLY "acme"."orders_line_items_tax_lines" AS t ON s."line_item" = t."line_item" AND s."_ordinal" = t."_ordinal"
WHERE t."line_item" IS NULL
   OR t._hash IS DISTINCT FROM s._hash;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new),
       0
FROM "acme"."_stage_1_3_changes";
-- In a full run, delete the rows that are not in staging.
DELETE FROM ONLY "acme"."orders_line_items_tax_lines" AS t
WHERE NOT EXISTS (SELECT FROM "acme"."_stage_1_3" AS s WHERE s."line_item" = t."line_item" AND s."_ordinal" = t."_ordinal");
-- In an incremental run, delete the rows that are not in staging although their
-- parent is.
DELETE FROM ONLY "acme"."orders_line_items_tax_lines" AS t
USING (SELECT DISTINCT "id" AS id FROM "acme"."_stage_1_2") AS p
WHERE t."line_item" = p.id
  AND NOT EXISTS (SELECT FROM "acme"."_stage_1_3" AS s WHERE s."line_item" = t."line_item" AND s."_ordinal" = t."_ordinal");
-- In an incremental run, delete the rows below a parent that is gone. A parent
-- that only moved to another row, and is still in its table, is not gone.
DELETE FROM ONLY "acme"."orders_line_items_tax_lines" AS t
USING "acme"."_stage_1_2_gone" AS g
WHERE t."line_item" = g.id
  AND NOT EXISTS (SELECT FROM ONLY "acme"."orders_line_items" AS p
                  WHERE p."id" = g.id AND p._deleted_at IS NULL);
-- Update the changed rows. OFFSET 0 makes PostgreSQL find them in staging by
-- their places first, and only then join them with the table. Otherwise, if the
-- key has two columns, the planner expects very few matches in the table, joins
-- with the table first, and compares each match with all places.
-- $1: loaded_at
UPDATE ONLY "acme"."orders_line_items_tax_lines" AS t
SET "title" = s."title", "_hash" = s."_hash", _loaded_at = $1::timestamptz
FROM (SELECT s.* FROM "acme"."_stage_1_3" AS s, "acme"."_stage_1_3_changes" AS c
      WHERE NOT c.is_new AND s.ctid = c.place OFFSET 0) AS s
WHERE s."line_item" = t."line_item" AND s."_ordinal" = t."_ordinal";
-- Insert the new rows. In a first load, if staging cannot become the table, all
-- rows are new.
-- $1: loaded_at
INSERT INTO "acme"."orders_line_items_tax_lines" AS t ("line_item", "_ordinal", "title", "_hash", _loaded_at)
SELECT s."line_item", s."_ordinal", s."title", s."_hash", $1::timestamptz
FROM "acme"."_stage_1_3" AS s, "acme"."_stage_1_3_changes" AS c
WHERE c.is_new AND s.ctid = c.place;
-- After insert_new.sql and update_changed.sql: count the new rows and the
-- changed rows that are not in the table as they are in staging. Both counts
-- are 0, unless a trigger or a rule of the table changed or dropped rows.
SELECT count(*) FILTER (WHERE s.is_new), count(*) FILTER (WHERE NOT s.is_new)
FROM (SELECT s.*, c.is_new FROM "acme"."_stage_1_3" AS s, "acme"."_stage_1_3_changes" AS c
      WHERE s.ctid = c.place OFFSET 0) AS s
WHERE NOT EXISTS (SELECT FROM ONLY "acme"."orders_line_items_tax_lines" AS t
        WHERE s."line_item" = t."line_item" AND s."_ordinal" = t."_ordinal"
          AND t._hash IS NOT DISTINCT FROM s._hash);

-- ==== Later loads, other hashes: orders_line_items_tax_lines
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_3_changes" AS
SELECT s.ctid AS place, t."line_item" IS NULL AS is_new,
       t._hash IS NOT NULL
         AND ROW(t."line_item", t."_ordinal", t."title")::record
             *= ROW(s."line_item", s."_ordinal", s."title")::record AS is_same
FROM "acme"."_stage_1_3" AS s
LEFT JOIN ONLY "acme"."orders_line_items_tax_lines" AS t ON s."line_item" = t."line_item" AND s."_ordinal" = t."_ordinal"
WHERE t."line_item" IS NULL
   OR t._hash IS DISTINCT FROM s._hash;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new AND NOT is_same),
       count(*) FILTER (WHERE NOT is_new AND is_same)
FROM "acme"."_stage_1_3_changes";
-- Update the changed rows. OFFSET 0 makes PostgreSQL find them in staging by
-- their places first, and only then join them with the table. Otherwise, if the
-- key has two columns, the planner expects very few matches in the table, joins
-- with the table first, and compares each match with all places.
-- $1: loaded_at
UPDATE ONLY "acme"."orders_line_items_tax_lines" AS t
SET "title" = s."title", "_hash" = s."_hash", _loaded_at = $1::timestamptz
FROM (SELECT s.* FROM "acme"."_stage_1_3" AS s, "acme"."_stage_1_3_changes" AS c
      WHERE NOT c.is_new AND NOT c.is_same AND s.ctid = c.place OFFSET 0) AS s
WHERE s."line_item" = t."line_item" AND s."_ordinal" = t."_ordinal";
-- Write the hashes, by their new definition, of rows whose values are the same.
UPDATE ONLY "acme"."orders_line_items_tax_lines" AS t
SET _hash = s._hash
FROM (SELECT s.* FROM "acme"."_stage_1_3" AS s, "acme"."_stage_1_3_changes" AS c
      WHERE NOT c.is_new AND c.is_same AND s.ctid = c.place OFFSET 0) AS s
WHERE s."line_item" = t."line_item" AND s."_ordinal" = t."_ordinal";

-- ==== Guards: orders_discount_applications
-- Count the rows in staging.
SELECT count(*) FROM "acme"."_stage_1_4";
-- Find the columns that are NULL in every row in staging. Each test stops at
-- the first value, so it is fast if the column has values.
SELECT count(*),
       NOT EXISTS (SELECT FROM "acme"."_stage_1_4" WHERE "index" IS NOT NULL);
-- Count the rows of the table and, for each of these columns, the rows that
-- have a value in it.
SELECT count(*), count(t."index")
FROM ONLY "acme"."orders_discount_applications" AS t;
-- Count the same, but only for the rows of the table whose keys are in staging,
-- and only if one of the columns is NULL in every row in staging. That is tested
-- once, before the tables are joined.
SELECT count(*), count(t."index")
FROM ONLY "acme"."orders_discount_applications" AS t
JOIN "acme"."_stage_1_4" AS s ON s."_parent_id" = t."_parent_id" AND s."_ordinal" = t."_ordinal"
WHERE (NOT EXISTS (SELECT FROM "acme"."_stage_1_4" WHERE "index" IS NOT NULL));
-- Count the rows of the table, without those that are marked as deleted.
SELECT count(*) FROM ONLY "acme"."orders_discount_applications";

-- ==== First load: orders_discount_applications
CREATE TABLE "acme"."orders_discount_applications" (
    "_parent_id" bigint NOT NULL,
    "_ordinal" bigint NOT NULL,
    "index" integer,
    "_typename" text,
    "_hash" bigint,
    "_loaded_at" timestamptz
);
ALTER TABLE "acme"."orders_discount_applications" ADD CONSTRAINT "orders_discount_applications_pkey" PRIMARY KEY ("_parent_id", "_ordinal");

-- ==== Later loads: orders_discount_applications
-- Delete the rows of lines that were rejected after some of their rows had been
-- sent.
-- $1: the numbers of these lines
DELETE FROM "acme"."_stage_1_4" WHERE _line = ANY ($1::bigint[]);
-- Number the rows below each parent, or all rows of the root, in the order of
-- the result.
UPDATE "acme"."_stage_1_4" AS s SET _ordinal = d.n - 1
FROM (SELECT ctid AS place,
             row_number() OVER (PARTITION BY "_parent_id" ORDER BY _line) AS n
      FROM "acme"."_stage_1_4") AS d
WHERE s.ctid = d.place;
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_4_changes" AS
SELECT s.ctid AS place, t."_parent_id" IS NULL AS is_new
FROM "acme"."_stage_1_4" AS s
LEFT JOIN ONLY "acme"."orders_discount_applications" AS t ON s."_parent_id" = t."_parent_id" AND s."_ordinal" = t."_ordinal"
WHERE t."_parent_id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new),
       0
FROM "acme"."_stage_1_4_changes";
-- In a full run, delete the rows that are not in staging.
DELETE FROM ONLY "acme"."orders_discount_applications" AS t
WHERE NOT EXISTS (SELECT FROM "acme"."_stage_1_4" AS s WHERE s."_parent_id" = t."_parent_id" AND s."_ordinal" = t."_ordinal");
-- In an incremental run, delete the rows that are not in staging although their
-- parent is.
DELETE FROM ONLY "acme"."orders_discount_applications" AS t
USING (SELECT DISTINCT "id" AS id FROM "acme"."_stage_1_1") AS p
WHERE t."_parent_id" = p.id
  AND NOT EXISTS (SELECT FROM "acme"."_stage_1_4" AS s WHERE s."_parent_id" = t."_parent_id" AND s."_ordinal" = t."_ordinal");
-- Update the changed rows. OFFSET 0 makes PostgreSQL find them in staging by
-- their places first, and only then join them with the table. Otherwise, if the
-- key has two columns, the planner expects very few matches in the table, joins
-- with the table first, and compares each match with all places.
-- $1: loaded_at
UPDATE ONLY "acme"."orders_discount_applications" AS t
SET "index" = s."index", "_typename" = s."_typename", "_hash" = s."_hash", _loaded_at = $1::timestamptz
FROM (SELECT s.* FROM "acme"."_stage_1_4" AS s, "acme"."_stage_1_4_changes" AS c
      WHERE NOT c.is_new AND s.ctid = c.place OFFSET 0) AS s
WHERE s."_parent_id" = t."_parent_id" AND s."_ordinal" = t."_ordinal";
-- Insert the new rows. In a first load, if staging cannot become the table, all
-- rows are new.
-- $1: loaded_at
INSERT INTO "acme"."orders_discount_applications" AS t ("_parent_id", "_ordinal", "index", "_typename", "_hash", _loaded_at)
SELECT s."_parent_id", s."_ordinal", s."index", s."_typename", s."_hash", $1::timestamptz
FROM "acme"."_stage_1_4" AS s, "acme"."_stage_1_4_changes" AS c
WHERE c.is_new AND s.ctid = c.place;
-- After insert_new.sql and update_changed.sql: count the new rows and the
-- changed rows that are not in the table as they are in staging. Both counts
-- are 0, unless a trigger or a rule of the table changed or dropped rows.
SELECT count(*) FILTER (WHERE s.is_new), count(*) FILTER (WHERE NOT s.is_new)
FROM (SELECT s.*, c.is_new FROM "acme"."_stage_1_4" AS s, "acme"."_stage_1_4_changes" AS c
      WHERE s.ctid = c.place OFFSET 0) AS s
WHERE NOT EXISTS (SELECT FROM ONLY "acme"."orders_discount_applications" AS t
        WHERE s."_parent_id" = t."_parent_id" AND s."_ordinal" = t."_ordinal"
          AND t._hash IS NOT DISTINCT FROM s._hash);

-- ==== Later loads, other hashes: orders_discount_applications
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_4_changes" AS
SELECT s.ctid AS place, t."_parent_id" IS NULL AS is_new,
       t._hash IS NOT NULL
         AND ROW(t."_parent_id", t."_ordinal", t."index", t."_typename")::record
             *= ROW(s."_parent_id", s."_ordinal", s."index", s."_typename")::record AS is_same
FROM "acme"."_stage_1_4" AS s
LEFT JOIN ONLY "acme"."orders_discount_applications" AS t ON s."_parent_id" = t."_parent_id" AND s."_ordinal" = t."_ordinal"
WHERE t."_parent_id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new AND NOT is_same),
       count(*) FILTER (WHERE NOT is_new AND is_same)
FROM "acme"."_stage_1_4_changes";
-- Update the changed rows. OFFSET 0 makes PostgreSQL find them in staging by
-- their places first, and only then join them with the table. Otherwise, if the
-- key has two columns, the planner expects very few matches in the table, joins
-- with the table first, and compares each match with all places.
-- $1: loaded_at
UPDATE ONLY "acme"."orders_discount_applications" AS t
SET "index" = s."index", "_typename" = s."_typename", "_hash" = s."_hash", _loaded_at = $1::timestamptz
FROM (SELECT s.* FROM "acme"."_stage_1_4" AS s, "acme"."_stage_1_4_changes" AS c
      WHERE NOT c.is_new AND NOT c.is_same AND s.ctid = c.place OFFSET 0) AS s
WHERE s."_parent_id" = t."_parent_id" AND s."_ordinal" = t."_ordinal";
-- Write the hashes, by their new definition, of rows whose values are the same.
UPDATE ONLY "acme"."orders_discount_applications" AS t
SET _hash = s._hash
FROM (SELECT s.* FROM "acme"."_stage_1_4" AS s, "acme"."_stage_1_4_changes" AS c
      WHERE NOT c.is_new AND c.is_same AND s.ctid = c.place OFFSET 0) AS s
WHERE s."_parent_id" = t."_parent_id" AND s."_ordinal" = t."_ordinal";

-- ==== Guards: orders_transactions
-- Count the rows in staging.
SELECT count(*) FROM "acme"."_stage_1_5";
-- Find the columns that are NULL in every row in staging. Each test stops at
-- the first value, so it is fast if the column has values.
SELECT count(*),
       NOT EXISTS (SELECT FROM "acme"."_stage_1_5" WHERE "id" IS NOT NULL),
       NOT EXISTS (SELECT FROM "acme"."_stage_1_5" WHERE "kind" IS NOT NULL);
-- Count the rows of the table and, for each of these columns, the rows that
-- have a value in it.
SELECT count(*), count(t."id"), count(t."kind")
FROM ONLY "acme"."orders_transactions" AS t WHERE t._deleted_at IS NULL;
-- Count the same, but only for the rows of the table whose keys are in staging,
-- and only if one of the columns is NULL in every row in staging. That is tested
-- once, before the tables are joined.
SELECT count(*), count(t."id"), count(t."kind")
FROM ONLY "acme"."orders_transactions" AS t
JOIN "acme"."_stage_1_5" AS s ON s."_parent_id" = t."_parent_id" AND s."id" = t."id"
WHERE (NOT EXISTS (SELECT FROM "acme"."_stage_1_5" WHERE "id" IS NOT NULL) OR
       NOT EXISTS (SELECT FROM "acme"."_stage_1_5" WHERE "kind" IS NOT NULL))
  AND t._deleted_at IS NULL;
-- Count the rows of the table, without those that are marked as deleted.
SELECT count(*) FROM ONLY "acme"."orders_transactions" WHERE _deleted_at IS NULL;

-- ==== First load: orders_transactions
ALTER TABLE "acme"."_stage_1_5" ADD CONSTRAINT "orders_transactions_pkey" PRIMARY KEY ("_parent_id", "id");
CREATE INDEX "orders_transactions_id_idx" ON "acme"."_stage_1_5" ("id");
ALTER TABLE "acme"."_stage_1_5" DROP COLUMN "_line", DROP COLUMN "_pos", ADD COLUMN _loaded_at timestamptz DEFAULT 'now', ADD COLUMN _deleted_at timestamptz;
ALTER TABLE "acme"."_stage_1_5" ALTER COLUMN _loaded_at DROP DEFAULT;
ALTER TABLE "acme"."_stage_1_5" RENAME TO "orders_transactions";
COMMENT ON TABLE "acme"."orders_transactions" IS 'orders.transactions: OrderTransaction';
COMMENT ON COLUMN "acme"."orders_transactions"."_parent_id" IS 'id of the row''s parent in orders; the number of gid://shopify/Order/<number>';
COMMENT ON COLUMN "acme"."orders_transactions"."id" IS 'id: ID!; the number of gid://shopify/OrderTransaction/<number>';
COMMENT ON COLUMN "acme"."orders_transactions"."kind" IS 'kind: OrderTransactionKind!';
COMMENT ON COLUMN "acme"."orders_transactions"."_hash" IS 'hash of the row''s values; NULL: the next merge writes the row';
COMMENT ON COLUMN "acme"."orders_transactions"."_loaded_at" IS 'when the run that last changed the row began to load';
COMMENT ON COLUMN "acme"."orders_transactions"."_deleted_at" IS 'when bulkpg found that the row is gone from the store; NULL: the row exists there';

-- ==== Later loads: orders_transactions
-- Delete the rows of lines that were rejected after some of their rows had been
-- sent.
-- $1: the numbers of these lines
DELETE FROM "acme"."_stage_1_5" WHERE _line = ANY ($1::bigint[]);
-- For a list: if a parent is in the result more than once, keep only the rows
-- of its last occurrence, which is on a later line or, for a list in another
-- list, later on the same line.
DELETE FROM "acme"."_stage_1_5" AS s
USING (SELECT "id" AS id,
              max(_line) AS last
       FROM "acme"."_stage_1_1"
       GROUP BY 1 HAVING count(*) > 1) AS d
WHERE s."_parent_id" = d.id
  AND s._line < d.last;
CREATE UNIQUE INDEX ON "acme"."_stage_1_5" ("_parent_id", "id");
-- If several rows in staging have the same key, keep only the last one.
DELETE FROM "acme"."_stage_1_5" AS s
USING (SELECT ctid AS place,
              row_number() OVER (PARTITION BY "_parent_id", "id"
                                 ORDER BY _line DESC, _pos DESC) AS n
       FROM "acme"."_stage_1_5") AS d
WHERE s.ctid = d.place AND d.n > 1;
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_5_changes" AS
SELECT s.ctid AS place, t."_parent_id" IS NULL AS is_new
FROM "acme"."_stage_1_5" AS s
LEFT JOIN ONLY "acme"."orders_transactions" AS t ON s."_parent_id" = t."_parent_id" AND s."id" = t."id"
WHERE t."_parent_id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash
   OR t._deleted_at IS NOT NULL;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new),
       0
FROM "acme"."_stage_1_5_changes";
-- In a full run, mark the rows that are not in staging and are not marked yet.
-- $1: loaded_at
UPDATE ONLY "acme"."orders_transactions" AS t
SET _deleted_at = $1::timestamptz, _loaded_at = $1::timestamptz
WHERE t._deleted_at IS NULL
  AND NOT EXISTS (SELECT FROM "acme"."_stage_1_5" AS s WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id");
-- Create the table for the ids that list_gone.sql finds.
CREATE UNLOGGED TABLE "acme"."_stage_1_5_gone" (id bigint);
-- Before an incremental run removes rows, list the ids of these rows, so that
-- the rows below them can be removed, too.
INSERT INTO "acme"."_stage_1_5_gone"
SELECT DISTINCT t."id" AS id
FROM ONLY "acme"."orders_transactions" AS t,
     (SELECT DISTINCT "id" AS id FROM "acme"."_stage_1_1") AS p
WHERE t."_parent_id" = p.id AND t._deleted_at IS NULL
  AND NOT EXISTS (SELECT FROM "acme"."_stage_1_5" AS s WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id");
-- In an incremental run, mark the rows that are not in staging although their
-- parent is.
-- $1: loaded_at
UPDATE ONLY "acme"."orders_transactions" AS t
SET _deleted_at = $1::timestamptz, _loaded_at = $1::timestamptz
FROM (SELECT DISTINCT "id" AS id FROM "acme"."_stage_1_1") AS p
WHERE t."_parent_id" = p.id AND t._deleted_at IS NULL
  AND NOT EXISTS (SELECT FROM "acme"."_stage_1_5" AS s WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id");
-- Update the changed rows. OFFSET 0 makes PostgreSQL find them in staging by
-- their places first, and only then join them with the table. Otherwise, if the
-- key has two columns, the planner expects very few matches in the table, joins
-- with the table first, and compares each match with all places.
-- $1: loaded_at
UPDATE ONLY "acme"."orders_transactions" AS t
SET "kind" = s."kind", "_hash" = s."_hash", _loaded_at = $1::timestamptz, _deleted_at = NULL
FROM (SELECT s.* FROM "acme"."_stage_1_5" AS s, "acme"."_stage_1_5_changes" AS c
      WHERE NOT c.is_new AND s.ctid = c.place OFFSET 0) AS s
WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id";
-- Insert the new rows. In a first load, if staging cannot become the table, all
-- rows are new.
-- $1: loaded_at
INSERT INTO "acme"."orders_transactions" AS t ("_parent_id", "id", "kind", "_hash", _loaded_at)
SELECT s."_parent_id", s."id", s."kind", s."_hash", $1::timestamptz
FROM "acme"."_stage_1_5" AS s, "acme"."_stage_1_5_changes" AS c
WHERE c.is_new AND s.ctid = c.place;
-- After insert_new.sql and update_changed.sql: count the new rows and the
-- changed rows that are not in the table as they are in staging. Both counts
-- are 0, unless a trigger or a rule of the table changed or dropped rows.
SELECT count(*) FILTER (WHERE s.is_new), count(*) FILTER (WHERE NOT s.is_new)
FROM (SELECT s.*, c.is_new FROM "acme"."_stage_1_5" AS s, "acme"."_stage_1_5_changes" AS c
      WHERE s.ctid = c.place OFFSET 0) AS s
WHERE NOT EXISTS (SELECT FROM ONLY "acme"."orders_transactions" AS t
        WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id"
          AND t._hash IS NOT DISTINCT FROM s._hash
          AND t._deleted_at IS NULL);

-- ==== Later loads, other hashes: orders_transactions
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_5_changes" AS
SELECT s.ctid AS place, t."_parent_id" IS NULL AS is_new,
       t._hash IS NOT NULL
         AND ROW(t."_parent_id", t."id", t."kind")::record
             *= ROW(s."_parent_id", s."id", s."kind")::record
         AND t._deleted_at IS NULL AS is_same
FROM "acme"."_stage_1_5" AS s
LEFT JOIN ONLY "acme"."orders_transactions" AS t ON s."_parent_id" = t."_parent_id" AND s."id" = t."id"
WHERE t."_parent_id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash
   OR t._deleted_at IS NOT NULL;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new AND NOT is_same),
       count(*) FILTER (WHERE NOT is_new AND is_same)
FROM "acme"."_stage_1_5_changes";
-- Update the changed rows. OFFSET 0 makes PostgreSQL find them in staging by
-- their places first, and only then join them with the table. Otherwise, if the
-- key has two columns, the planner expects very few matches in the table, joins
-- with the table first, and compares each match with all places.
-- $1: loaded_at
UPDATE ONLY "acme"."orders_transactions" AS t
SET "kind" = s."kind", "_hash" = s."_hash", _loaded_at = $1::timestamptz, _deleted_at = NULL
FROM (SELECT s.* FROM "acme"."_stage_1_5" AS s, "acme"."_stage_1_5_changes" AS c
      WHERE NOT c.is_new AND NOT c.is_same AND s.ctid = c.place OFFSET 0) AS s
WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id";
-- Write the hashes, by their new definition, of rows whose values are the same.
UPDATE ONLY "acme"."orders_transactions" AS t
SET _hash = s._hash
FROM (SELECT s.* FROM "acme"."_stage_1_5" AS s, "acme"."_stage_1_5_changes" AS c
      WHERE NOT c.is_new AND c.is_same AND s.ctid = c.place OFFSET 0) AS s
WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id";

-- ==== Guards: orders_transactions_fees
-- Count the rows in staging.
SELECT count(*) FROM "acme"."_stage_1_6";
-- Find the columns that are NULL in every row in staging. Each test stops at
-- the first value, so it is fast if the column has values.
SELECT count(*),
       NOT EXISTS (SELECT FROM "acme"."_stage_1_6" WHERE "id" IS NOT NULL),
       NOT EXISTS (SELECT FROM "acme"."_stage_1_6" WHERE "type" IS NOT NULL);
-- Count the rows of the table and, for each of these columns, the rows that
-- have a value in it.
SELECT count(*), count(t."id"), count(t."type")
FROM ONLY "acme"."orders_transactions_fees" AS t WHERE t._deleted_at IS NULL;
-- Count the same, but only for the rows of the table whose keys are in staging,
-- and only if one of the columns is NULL in every row in staging. That is tested
-- once, before the tables are joined.
SELECT count(*), count(t."id"), count(t."type")
FROM ONLY "acme"."orders_transactions_fees" AS t
JOIN "acme"."_stage_1_6" AS s ON s."_parent_id" = t."_parent_id" AND s."id" = t."id"
WHERE (NOT EXISTS (SELECT FROM "acme"."_stage_1_6" WHERE "id" IS NOT NULL) OR
       NOT EXISTS (SELECT FROM "acme"."_stage_1_6" WHERE "type" IS NOT NULL))
  AND t._deleted_at IS NULL;
-- Count the rows of the table, without those that are marked as deleted.
SELECT count(*) FROM ONLY "acme"."orders_transactions_fees" WHERE _deleted_at IS NULL;

-- ==== First load: orders_transactions_fees
ALTER TABLE "acme"."_stage_1_6" ADD CONSTRAINT "orders_transactions_fees_pkey" PRIMARY KEY ("_parent_id", "id");
CREATE INDEX "orders_transactions_fees_id_idx" ON "acme"."_stage_1_6" ("id");
ALTER TABLE "acme"."_stage_1_6" DROP COLUMN "_line", DROP COLUMN "_pos", DROP COLUMN "_parent_pos", ADD COLUMN _loaded_at timestamptz DEFAULT 'now', ADD COLUMN _deleted_at timestamptz;
ALTER TABLE "acme"."_stage_1_6" ALTER COLUMN _loaded_at DROP DEFAULT;
ALTER TABLE "acme"."_stage_1_6" RENAME TO "orders_transactions_fees";
COMMENT ON TABLE "acme"."orders_transactions_fees" IS 'orders.transactions.fees: TransactionFee';
COMMENT ON COLUMN "acme"."orders_transactions_fees"."_parent_id" IS 'id of the row''s parent in orders.transactions; the number of gid://shopify/OrderTransaction/<number>';
COMMENT ON COLUMN "acme"."orders_transactions_fees"."id" IS 'id: ID!; the number of gid://shopify/TransactionFee/<number>';
COMMENT ON COLUMN "acme"."orders_transactions_fees"."type" IS 'type: String!';
COMMENT ON COLUMN "acme"."orders_transactions_fees"."_hash" IS 'hash of the row''s values; NULL: the next merge writes the row';
COMMENT ON COLUMN "acme"."orders_transactions_fees"."_loaded_at" IS 'when the run that last changed the row began to load';
COMMENT ON COLUMN "acme"."orders_transactions_fees"."_deleted_at" IS 'when bulkpg found that the row is gone from the store; NULL: the row exists there';

-- ==== Later loads: orders_transactions_fees
-- Delete the rows of lines that were rejected after some of their rows had been
-- sent.
-- $1: the numbers of these lines
DELETE FROM "acme"."_stage_1_6" WHERE _line = ANY ($1::bigint[]);
-- For a list: if a parent is in the result more than once, keep only the rows
-- of its last occurrence, which is on a later line or, for a list in another
-- list, later on the same line.
DELETE FROM "acme"."_stage_1_6" AS s
USING (SELECT "id" AS id,
              max(ARRAY[_line, _pos]) AS last
       FROM "acme"."_stage_1_5"
       GROUP BY 1 HAVING count(*) > 1) AS d
WHERE s."_parent_id" = d.id
  AND ARRAY[s._line, s._parent_pos] < d.last;
-- For a list in another list: delete the rows whose parent was deleted by
-- delete_superseded.sql.
DELETE FROM "acme"."_stage_1_6" AS s
WHERE NOT EXISTS (SELECT FROM "acme"."_stage_1_5" AS p
                  WHERE p._line = s._line AND p._pos = s._parent_pos);
CREATE UNIQUE INDEX ON "acme"."_stage_1_6" ("_parent_id", "id");
-- If several rows in staging have the same key, keep only the last one.
DELETE FROM "acme"."_stage_1_6" AS s
USING (SELECT ctid AS place,
              row_number() OVER (PARTITION BY "_parent_id", "id"
                                 ORDER BY _line DESC, _pos DESC) AS n
       FROM "acme"."_stage_1_6") AS d
WHERE s.ctid = d.place AND d.n > 1;
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_6_changes" AS
SELECT s.ctid AS place, t."_parent_id" IS NULL AS is_new
FROM "acme"."_stage_1_6" AS s
LEFT JOIN ONLY "acme"."orders_transactions_fees" AS t ON s."_parent_id" = t."_parent_id" AND s."id" = t."id"
WHERE t."_parent_id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash
   OR t._deleted_at IS NOT NULL;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new),
       0
FROM "acme"."_stage_1_6_changes";
-- In a full run, mark the rows that are not in staging and are not marked yet.
-- $1: loaded_at
UPDATE ONLY "acme"."orders_transactions_fees" AS t
SET _deleted_at = $1::timestamptz, _loaded_at = $1::timestamptz
WHERE t._deleted_at IS NULL
  AND NOT EXISTS (SELECT FROM "acme"."_stage_1_6" AS s WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id");
-- In an incremental run, mark the rows that are not in staging although their
-- parent is.
-- $1: loaded_at
UPDATE ONLY "acme"."orders_transactions_fees" AS t
SET _deleted_at = $1::timestamptz, _loaded_at = $1::timestamptz
FROM (SELECT DISTINCT "id" AS id FROM "acme"."_stage_1_5") AS p
WHERE t."_parent_id" = p.id AND t._deleted_at IS NULL
  AND NOT EXISTS (SELECT FROM "acme"."_stage_1_6" AS s WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id");
-- In an incremental run, mark the rows below a parent that is gone. A parent
-- that only moved to another row, and is still in its table, is not gone.
-- $1: loaded_at
UPDATE ONLY "acme"."orders_transactions_fees" AS t
SET _deleted_at = $1::timestamptz, _loaded_at = $1::timestamptz
FROM "acme"."_stage_1_5_gone" AS g
WHERE t."_parent_id" = g.id AND t._deleted_at IS NULL
  AND NOT EXISTS (SELECT FROM ONLY "acme"."orders_transactions" AS p
                  WHERE p."id" = g.id AND p._deleted_at IS NULL);
-- Update the changed rows. OFFSET 0 makes PostgreSQL find them in staging by
-- their places first, and only then join them with the table. Otherwise, if the
-- key has two columns, the planner expects very few matches in the table, joins
-- with the table first, and compares each match with all places.
-- $1: loaded_at
UPDATE ONLY "acme"."orders_transactions_fees" AS t
SET "type" = s."type", "_hash" = s."_hash", _loaded_at = $1::timestamptz, _deleted_at = NULL
FROM (SELECT s.* FROM "acme"."_stage_1_6" AS s, "acme"."_stage_1_6_changes" AS c
      WHERE NOT c.is_new AND s.ctid = c.place OFFSET 0) AS s
WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id";
-- Insert the new rows. In a first load, if staging cannot become the table, all
-- rows are new.
-- $1: loaded_at
INSERT INTO "acme"."orders_transactions_fees" AS t ("_parent_id", "id", "type", "_hash", _loaded_at)
SELECT s."_parent_id", s."id", s."type", s."_hash", $1::timestamptz
FROM "acme"."_stage_1_6" AS s, "acme"."_stage_1_6_changes" AS c
WHERE c.is_new AND s.ctid = c.place;
-- After insert_new.sql and update_changed.sql: count the new rows and the
-- changed rows that are not in the table as they are in staging. Both counts
-- are 0, unless a trigger or a rule of the table changed or dropped rows.
SELECT count(*) FILTER (WHERE s.is_new), count(*) FILTER (WHERE NOT s.is_new)
FROM (SELECT s.*, c.is_new FROM "acme"."_stage_1_6" AS s, "acme"."_stage_1_6_changes" AS c
      WHERE s.ctid = c.place OFFSET 0) AS s
WHERE NOT EXISTS (SELECT FROM ONLY "acme"."orders_transactions_fees" AS t
        WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id"
          AND t._hash IS NOT DISTINCT FROM s._hash
          AND t._deleted_at IS NULL);

-- ==== Later loads, other hashes: orders_transactions_fees
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_6_changes" AS
SELECT s.ctid AS place, t."_parent_id" IS NULL AS is_new,
       t._hash IS NOT NULL
         AND ROW(t."_parent_id", t."id", t."type")::record
             *= ROW(s."_parent_id", s."id", s."type")::record
         AND t._deleted_at IS NULL AS is_same
FROM "acme"."_stage_1_6" AS s
LEFT JOIN ONLY "acme"."orders_transactions_fees" AS t ON s."_parent_id" = t."_parent_id" AND s."id" = t."id"
WHERE t."_parent_id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash
   OR t._deleted_at IS NOT NULL;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new AND NOT is_same),
       count(*) FILTER (WHERE NOT is_new AND is_same)
FROM "acme"."_stage_1_6_changes";
-- Update the changed rows. OFFSET 0 makes PostgreSQL find them in staging by
-- their places first, and only then join them with the table. Otherwise, if the
-- key has two columns, the planner expects very few matches in the table, joins
-- with the table first, and compares each match with all places.
-- $1: loaded_at
UPDATE ONLY "acme"."orders_transactions_fees" AS t
SET "type" = s."type", "_hash" = s."_hash", _loaded_at = $1::timestamptz, _deleted_at = NULL
FROM (SELECT s.* FROM "acme"."_stage_1_6" AS s, "acme"."_stage_1_6_changes" AS c
      WHERE NOT c.is_new AND NOT c.is_same AND s.ctid = c.place OFFSET 0) AS s
WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id";
-- Write the hashes, by their new definition, of rows whose values are the same.
UPDATE ONLY "acme"."orders_transactions_fees" AS t
SET _hash = s._hash
FROM (SELECT s.* FROM "acme"."_stage_1_6" AS s, "acme"."_stage_1_6_changes" AS c
      WHERE NOT c.is_new AND c.is_same AND s.ctid = c.place OFFSET 0) AS s
WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id";

-- ==== Staging
CREATE UNLOGGED TABLE "acme"."_stage_1_1" (
    "_line" bigint,
    "_count_2" integer,
    "id" bigint NOT NULL,
    "title" text,
    "_hash" bigint
);
INSERT INTO "acme"."_stage_1_1" SELECT * FROM pg_catalog.unnest($1::"acme"."_stage_1_1"[]);
CREATE UNLOGGED TABLE "acme"."_stage_1_2" (
    "_line" bigint,
    "_parent_id" bigint NOT NULL,
    "id" bigint NOT NULL,
    "sku" text,
    "_hash" bigint
);
INSERT INTO "acme"."_stage_1_2" SELECT * FROM pg_catalog.unnest($1::"acme"."_stage_1_2"[]);

-- ==== Guards: products
-- Count the rows in staging.
SELECT count(*) FROM "acme"."_stage_1_1";
-- Find the columns that are NULL in every row in staging. Each test stops at
-- the first value, so it is fast if the column has values.
SELECT count(*),
       NOT EXISTS (SELECT FROM "acme"."_stage_1_1" WHERE "id" IS NOT NULL),
       NOT EXISTS (SELECT FROM "acme"."_stage_1_1" WHERE "title" IS NOT NULL);
-- Count the rows of the table and, for each of these columns, the rows that
-- have a value in it.
SELECT count(*), count(t."id"), count(t."title")
FROM ONLY "acme"."products" AS t;
-- Count the same, but only for the rows of the table whose keys are in staging,
-- and only if one of the columns is NULL in every row in staging. That is tested
-- once, before the tables are joined.
SELECT count(*), count(t."id"), count(t."title")
FROM ONLY "acme"."products" AS t
JOIN "acme"."_stage_1_1" AS s ON s."id" = t."id"
WHERE (NOT EXISTS (SELECT FROM "acme"."_stage_1_1" WHERE "id" IS NOT NULL) OR
       NOT EXISTS (SELECT FROM "acme"."_stage_1_1" WHERE "title" IS NOT NULL));
-- Count the rows of the table, without those that are marked as deleted.
SELECT count(*) FROM ONLY "acme"."products";

-- ==== First load: products
ALTER TABLE "acme"."_stage_1_1" ADD CONSTRAINT "products_pkey" PRIMARY KEY ("id");
ALTER TABLE "acme"."_stage_1_1" DROP COLUMN "_line", DROP COLUMN "_count_2", ADD COLUMN _loaded_at timestamptz DEFAULT 'now';
ALTER TABLE "acme"."_stage_1_1" ALTER COLUMN _loaded_at DROP DEFAULT;
ALTER TABLE "acme"."_stage_1_1" RENAME TO "products";
COMMENT ON TABLE "acme"."products" IS 'products: Product';
COMMENT ON COLUMN "acme"."products"."id" IS 'id: ID!; the number of gid://shopify/Product/<number>';
COMMENT ON COLUMN "acme"."products"."title" IS 'title: String!';
COMMENT ON COLUMN "acme"."products"."_hash" IS 'hash of the row''s values; NULL: the next merge writes the row';
COMMENT ON COLUMN "acme"."products"."_loaded_at" IS 'when the run that last changed the row began to load';

-- ==== Later loads: products
-- Delete the rows of lines that were rejected after some of their rows had been
-- sent.
-- $1: the numbers of these lines
DELETE FROM "acme"."_stage_1_1" WHERE _line = ANY ($1::bigint[]);
CREATE UNIQUE INDEX ON "acme"."_stage_1_1" ("id");
-- If several rows in staging have the same key, keep only the last one.
DELETE FROM "acme"."_stage_1_1" AS s
USING (SELECT ctid AS place,
              row_number() OVER (PARTITION BY "id"
                                 ORDER BY _line DESC) AS n
       FROM "acme"."_stage_1_1") AS d
WHERE s.ctid = d.place AND d.n > 1;
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_1_changes" AS
SELECT s.ctid AS place, t."id" IS NULL AS is_new
FROM "acme"."_stage_1_1" AS s
LEFT JOIN ONLY "acme"."products" AS t ON s."id" = t."id"
WHERE t."id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new),
       0
FROM "acme"."_stage_1_1_changes";
-- In a full run, delete the rows that are not in staging.
DELETE FROM ONLY "acme"."products" AS t
WHERE NOT EXISTS (SELECT FROM "acme"."_stage_1_1" AS s WHERE s."id" = t."id");
-- Update the changed rows. OFFSET 0 makes PostgreSQL find them in staging by
-- their places first, and only then join them with the table. Otherwise, if the
-- key has two columns, the planner expects very few matches in the table, joins
-- with the table first, and compares each match with all places.
-- $1: loaded_at
UPDATE ONLY "acme"."products" AS t
SET "title" = s."title", "_hash" = s."_hash", _loaded_at = $1::timestamptz
FROM (SELECT s.* FROM "acme"."_stage_1_1" AS s, "acme"."_stage_1_1_changes" AS c
      WHERE NOT c.is_new AND s.ctid = c.place OFFSET 0) AS s
WHERE s."id" = t."id";
-- Insert the new rows. In a first load, if staging cannot become the table, all
-- rows are new.
-- $1: loaded_at
INSERT INTO "acme"."products" AS t ("id", "title", "_hash", _loaded_at)
SELECT s."id", s."title", s."_hash", $1::timestamptz
FROM "acme"."_stage_1_1" AS s, "acme"."_stage_1_1_changes" AS c
WHERE c.is_new AND s.ctid = c.place;
-- After insert_new.sql and update_changed.sql: count the new rows and the
-- changed rows that are not in the table as they are in staging. Both counts
-- are 0, unless a trigger or a rule of the table changed or dropped rows.
SELECT count(*) FILTER (WHERE s.is_new), count(*) FILTER (WHERE NOT s.is_new)
FROM (SELECT s.*, c.is_new FROM "acme"."_stage_1_1" AS s, "acme"."_stage_1_1_changes" AS c
      WHERE s.ctid = c.place OFFSET 0) AS s
WHERE NOT EXISTS (SELECT FROM ONLY "acme"."products" AS t
        WHERE s."id" = t."id"
          AND t._hash IS NOT DISTINCT FROM s._hash);

-- ==== Later full loads that send what changed: products
-- How many rows the table has that a full run may find unchanged; -1: it has
-- rows marked as gone that the run would not mark.
(SELECT count(*)
 FROM ONLY "acme"."products");
-- Before a full run: the hashes of the rows that the table has.
SELECT _hash FROM ONLY "acme"."products";
-- In the merge: are these still the rows that read_hashes.sql read?
(SELECT count(*)::text || ' ' || count(_hash) || ' ' || coalesce(bit_xor(_hash), 0)
 FROM ONLY "acme"."products");
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_1_changes" AS
SELECT s.ctid AS place, t."id" IS NULL AS is_new,
       t._hash AS old_hash
FROM "acme"."_stage_1_1" AS s
LEFT JOIN ONLY "acme"."products" AS t ON s."id" = t."id"
WHERE t."id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new),
       0
FROM "acme"."_stage_1_1_changes";
-- The hashes that the rows to be updated have: none of them came unchanged.
SELECT old_hash FROM "acme"."_stage_1_1_changes" WHERE NOT is_new;
-- A table for hashes of rows: of those that are gone, or, if these are fewer,
-- of those that came unchanged.
CREATE UNLOGGED TABLE "acme"."_stage_1_1_hashes" (hash bigint);
-- Some of these hashes. 0 means the rows whose hash is NULL.
-- $1: the hashes
INSERT INTO "acme"."_stage_1_1_hashes" SELECT * FROM unnest($1::bigint[]);
-- A full run of which rows that came unchanged are not staged: delete the rows
-- that did not come.
DELETE FROM ONLY "acme"."products" AS t
WHERE coalesce(t._hash, 0) IN (SELECT hash FROM "acme"."_stage_1_1_hashes")
  AND NOT EXISTS (SELECT FROM "acme"."_stage_1_1" AS s WHERE s."id" = t."id");

-- ==== Later loads, other hashes: products
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_1_changes" AS
SELECT s.ctid AS place, t."id" IS NULL AS is_new,
       t._hash IS NOT NULL
         AND ROW(t."id", t."title")::record
             *= ROW(s."id", s."title")::record AS is_same
FROM "acme"."_stage_1_1" AS s
LEFT JOIN ONLY "acme"."products" AS t ON s."id" = t."id"
WHERE t."id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new AND NOT is_same),
       count(*) FILTER (WHERE NOT is_new AND is_same)
FROM "acme"."_stage_1_1_changes";
-- Update the changed rows. OFFSET 0 makes PostgreSQL find them in staging by
-- their places first, and only then join them with the table. Otherwise, if the
-- key has two columns, the planner expects very few matches in the table, joins
-- with the table first, and compares each match with all places.
-- $1: loaded_at
UPDATE ONLY "acme"."products" AS t
SET "title" = s."title", "_hash" = s."_hash", _loaded_at = $1::timestamptz
FROM (SELECT s.* FROM "acme"."_stage_1_1" AS s, "acme"."_stage_1_1_changes" AS c
      WHERE NOT c.is_new AND NOT c.is_same AND s.ctid = c.place OFFSET 0) AS s
WHERE s."id" = t."id";
-- Write the hashes, by their new definition, of rows whose values are the same.
UPDATE ONLY "acme"."products" AS t
SET _hash = s._hash
FROM (SELECT s.* FROM "acme"."_stage_1_1" AS s, "acme"."_stage_1_1_changes" AS c
      WHERE NOT c.is_new AND c.is_same AND s.ctid = c.place OFFSET 0) AS s
WHERE s."id" = t."id";

-- ==== Guards: products_variants
-- Count the rows in staging.
SELECT count(*) FROM "acme"."_stage_1_2";
-- Find the columns that are NULL in every row in staging. Each test stops at
-- the first value, so it is fast if the column has values.
SELECT count(*),
       NOT EXISTS (SELECT FROM "acme"."_stage_1_2" WHERE "id" IS NOT NULL),
       NOT EXISTS (SELECT FROM "acme"."_stage_1_2" WHERE "sku" IS NOT NULL);
-- Count the rows of the table and, for each of these columns, the rows that
-- have a value in it.
SELECT count(*), count(t."id"), count(t."sku")
FROM ONLY "acme"."products_variants" AS t;
-- Count the same, but only for the rows of the table whose keys are in staging,
-- and only if one of the columns is NULL in every row in staging. That is tested
-- once, before the tables are joined.
SELECT count(*), count(t."id"), count(t."sku")
FROM ONLY "acme"."products_variants" AS t
JOIN "acme"."_stage_1_2" AS s ON s."_parent_id" = t."_parent_id" AND s."id" = t."id"
WHERE (NOT EXISTS (SELECT FROM "acme"."_stage_1_2" WHERE "id" IS NOT NULL) OR
       NOT EXISTS (SELECT FROM "acme"."_stage_1_2" WHERE "sku" IS NOT NULL));
-- Find parents whose connection may have been truncated. Return the number of
-- parents of each kind, and the first few of them. A negative count means that
-- the count may be out of date.
SELECT kind, parents, id, counted, came
FROM (SELECT *, count(*) OVER (PARTITION BY kind) AS parents,
             row_number() OVER (PARTITION BY kind ORDER BY id) AS n
      FROM (SELECT CASE WHEN counted > 0 THEN 0
                        WHEN counted < 0 THEN 1
                        ELSE 2 END AS kind,
                   id, max(abs(counted)) AS counted,
                   max(coalesce(came, 0)) AS came
            FROM (SELECT "_parent_id" AS id, count(*) AS came
                  FROM "acme"."_stage_1_2" GROUP BY 1) AS c
            FULL JOIN (SELECT "id" AS id, "_count_2" AS counted
                       FROM "acme"."_stage_1_1") AS p USING (id)
            WHERE abs(counted) > coalesce(came, 0)
               OR (counted IS NULL AND came IN (100, 250))
            GROUP BY 1, 2) AS d) AS e
WHERE n <= 3
ORDER BY kind, id;
-- Count the rows of the table, without those that are marked as deleted.
SELECT count(*) FROM ONLY "acme"."products_variants";

-- ==== First load: products_variants
ALTER TABLE "acme"."_stage_1_2" ADD CONSTRAINT "products_variants_pkey" PRIMARY KEY ("_parent_id", "id");
CREATE INDEX "products_variants_id_idx" ON "acme"."_stage_1_2" ("id");
ALTER TABLE "acme"."_stage_1_2" DROP COLUMN "_line", ADD COLUMN _loaded_at timestamptz DEFAULT 'now';
ALTER TABLE "acme"."_stage_1_2" ALTER COLUMN _loaded_at DROP DEFAULT;
ALTER TABLE "acme"."_stage_1_2" RENAME TO "products_variants";
COMMENT ON TABLE "acme"."products_variants" IS 'products.variants: ProductVariant';
COMMENT ON COLUMN "acme"."products_variants"."_parent_id" IS 'id of the row''s parent in products; the number of gid://shopify/Product/<number>';
COMMENT ON COLUMN "acme"."products_variants"."id" IS 'id: ID!; the number of gid://shopify/ProductVariant/<number>';
COMMENT ON COLUMN "acme"."products_variants"."sku" IS 'sku: String';
COMMENT ON COLUMN "acme"."products_variants"."_hash" IS 'hash of the row''s values; NULL: the next merge writes the row';
COMMENT ON COLUMN "acme"."products_variants"."_loaded_at" IS 'when the run that last changed the row began to load';

-- ==== Later loads: products_variants
-- Delete the rows of lines that were rejected after some of their rows had been
-- sent.
-- $1: the numbers of these lines
DELETE FROM "acme"."_stage_1_2" WHERE _line = ANY ($1::bigint[]);
CREATE UNIQUE INDEX ON "acme"."_stage_1_2" ("_parent_id", "id");
-- If several rows in staging have the same key, keep only the last one.
DELETE FROM "acme"."_stage_1_2" AS s
USING (SELECT ctid AS place,
              row_number() OVER (PARTITION BY "_parent_id", "id"
                                 ORDER BY _line DESC) AS n
       FROM "acme"."_stage_1_2") AS d
WHERE s.ctid = d.place AND d.n > 1;
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_2_changes" AS
SELECT s.ctid AS place, t."_parent_id" IS NULL AS is_new
FROM "acme"."_stage_1_2" AS s
LEFT JOIN ONLY "acme"."products_variants" AS t ON s."_parent_id" = t."_parent_id" AND s."id" = t."id"
WHERE t."_parent_id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new),
       0
FROM "acme"."_stage_1_2_changes";
-- In a full run, delete the rows that are not in staging.
DELETE FROM ONLY "acme"."products_variants" AS t
WHERE NOT EXISTS (SELECT FROM "acme"."_stage_1_2" AS s WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id");
-- In an incremental run, delete the rows that are not in staging although their
-- parent is.
DELETE FROM ONLY "acme"."products_variants" AS t
USING (SELECT DISTINCT "id" AS id FROM "acme"."_stage_1_1") AS p
WHERE t."_parent_id" = p.id
  AND NOT EXISTS (SELECT FROM "acme"."_stage_1_2" AS s WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id");
-- Update the changed rows. OFFSET 0 makes PostgreSQL find them in staging by
-- their places first, and only then join them with the table. Otherwise, if the
-- key has two columns, the planner expects very few matches in the table, joins
-- with the table first, and compares each match with all places.
-- $1: loaded_at
UPDATE ONLY "acme"."products_variants" AS t
SET "sku" = s."sku", "_hash" = s."_hash", _loaded_at = $1::timestamptz
FROM (SELECT s.* FROM "acme"."_stage_1_2" AS s, "acme"."_stage_1_2_changes" AS c
      WHERE NOT c.is_new AND s.ctid = c.place OFFSET 0) AS s
WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id";
-- Insert the new rows. In a first load, if staging cannot become the table, all
-- rows are new.
-- $1: loaded_at
INSERT INTO "acme"."products_variants" AS t ("_parent_id", "id", "sku", "_hash", _loaded_at)
SELECT s."_parent_id", s."id", s."sku", s."_hash", $1::timestamptz
FROM "acme"."_stage_1_2" AS s, "acme"."_stage_1_2_changes" AS c
WHERE c.is_new AND s.ctid = c.place;
-- After insert_new.sql and update_changed.sql: count the new rows and the
-- changed rows that are not in the table as they are in staging. Both counts
-- are 0, unless a trigger or a rule of the table changed or dropped rows.
SELECT count(*) FILTER (WHERE s.is_new), count(*) FILTER (WHERE NOT s.is_new)
FROM (SELECT s.*, c.is_new FROM "acme"."_stage_1_2" AS s, "acme"."_stage_1_2_changes" AS c
      WHERE s.ctid = c.place OFFSET 0) AS s
WHERE NOT EXISTS (SELECT FROM ONLY "acme"."products_variants" AS t
        WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id"
          AND t._hash IS NOT DISTINCT FROM s._hash);

-- ==== Later full loads that send what changed: products_variants
-- How many rows the table has that a full run may find unchanged; -1: it has
-- rows marked as gone that the run would not mark.
(SELECT count(*)
 FROM ONLY "acme"."products_variants");
-- Before a full run: the hashes of the rows that the table has.
SELECT _hash FROM ONLY "acme"."products_variants";
-- In the merge: are these still the rows that read_hashes.sql read?
(SELECT count(*)::text || ' ' || count(_hash) || ' ' || coalesce(bit_xor(_hash), 0)
 FROM ONLY "acme"."products_variants");
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_2_changes" AS
SELECT s.ctid AS place, t."_parent_id" IS NULL AS is_new,
       t._hash AS old_hash
FROM "acme"."_stage_1_2" AS s
LEFT JOIN ONLY "acme"."products_variants" AS t ON s."_parent_id" = t."_parent_id" AND s."id" = t."id"
WHERE t."_parent_id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new),
       0
FROM "acme"."_stage_1_2_changes";
-- The hashes that the rows to be updated have: none of them came unchanged.
SELECT old_hash FROM "acme"."_stage_1_2_changes" WHERE NOT is_new;
-- A table for hashes of rows: of those that are gone, or, if these are fewer,
-- of those that came unchanged.
CREATE UNLOGGED TABLE "acme"."_stage_1_2_hashes" (hash bigint);
-- Some of these hashes. 0 means the rows whose hash is NULL.
-- $1: the hashes
INSERT INTO "acme"."_stage_1_2_hashes" SELECT * FROM unnest($1::bigint[]);
-- A full run of which rows that came unchanged are not staged: delete the rows
-- that did not come.
DELETE FROM ONLY "acme"."products_variants" AS t
WHERE coalesce(t._hash, 0) IN (SELECT hash FROM "acme"."_stage_1_2_hashes")
  AND NOT EXISTS (SELECT FROM "acme"."_stage_1_2" AS s WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id");

-- ==== Later loads, other hashes: products_variants
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_2_changes" AS
SELECT s.ctid AS place, t."_parent_id" IS NULL AS is_new,
       t._hash IS NOT NULL
         AND ROW(t."_parent_id", t."id", t."sku")::record
             *= ROW(s."_parent_id", s."id", s."sku")::record AS is_same
FROM "acme"."_stage_1_2" AS s
LEFT JOIN ONLY "acme"."products_variants" AS t ON s."_parent_id" = t."_parent_id" AND s."id" = t."id"
WHERE t."_parent_id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new AND NOT is_same),
       count(*) FILTER (WHERE NOT is_new AND is_same)
FROM "acme"."_stage_1_2_changes";
-- Update the changed rows. OFFSET 0 makes PostgreSQL find them in staging by
-- their places first, and only then join them with the table. Otherwise, if the
-- key has two columns, the planner expects very few matches in the table, joins
-- with the table first, and compares each match with all places.
-- $1: loaded_at
UPDATE ONLY "acme"."products_variants" AS t
SET "sku" = s."sku", "_hash" = s."_hash", _loaded_at = $1::timestamptz
FROM (SELECT s.* FROM "acme"."_stage_1_2" AS s, "acme"."_stage_1_2_changes" AS c
      WHERE NOT c.is_new AND NOT c.is_same AND s.ctid = c.place OFFSET 0) AS s
WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id";
-- Write the hashes, by their new definition, of rows whose values are the same.
UPDATE ONLY "acme"."products_variants" AS t
SET _hash = s._hash
FROM (SELECT s.* FROM "acme"."_stage_1_2" AS s, "acme"."_stage_1_2_changes" AS c
      WHERE NOT c.is_new AND c.is_same AND s.ctid = c.place OFFSET 0) AS s
WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id";

-- ==== Staging
CREATE UNLOGGED TABLE "acme"."_stage_1_1" (
    "_line" bigint,
    "id" bigint NOT NULL,
    "title" text,
    "_hash" bigint
);
INSERT INTO "acme"."_stage_1_1" SELECT * FROM pg_catalog.unnest($1::"acme"."_stage_1_1"[]);

-- ==== Guards: products
-- Count the rows in staging.
SELECT count(*) FROM "acme"."_stage_1_1";
-- Find the columns that are NULL in every row in staging. Each test stops at
-- the first value, so it is fast if the column has values.
SELECT count(*),
       NOT EXISTS (SELECT FROM "acme"."_stage_1_1" WHERE "id" IS NOT NULL),
       NOT EXISTS (SELECT FROM "acme"."_stage_1_1" WHERE "title" IS NOT NULL);
-- Count the rows of the table and, for each of these columns, the rows that
-- have a value in it.
SELECT count(*), count(t."id"), count(t."title")
FROM ONLY "acme"."products" AS t WHERE t._deleted_at IS NULL;
-- Count the same, but only for the rows of the table whose keys are in staging,
-- and only if one of the columns is NULL in every row in staging. That is tested
-- once, before the tables are joined.
SELECT count(*), count(t."id"), count(t."title")
FROM ONLY "acme"."products" AS t
JOIN "acme"."_stage_1_1" AS s ON s."id" = t."id"
WHERE (NOT EXISTS (SELECT FROM "acme"."_stage_1_1" WHERE "id" IS NOT NULL) OR
       NOT EXISTS (SELECT FROM "acme"."_stage_1_1" WHERE "title" IS NOT NULL))
  AND t._deleted_at IS NULL;
-- Count the rows of the table, without those that are marked as deleted.
SELECT count(*) FROM ONLY "acme"."products" WHERE _deleted_at IS NULL;

-- ==== First load: products
ALTER TABLE "acme"."_stage_1_1" ADD CONSTRAINT "products_pkey" PRIMARY KEY ("id");
ALTER TABLE "acme"."_stage_1_1" DROP COLUMN "_line", ADD COLUMN _loaded_at timestamptz DEFAULT 'now', ADD COLUMN _deleted_at timestamptz;
ALTER TABLE "acme"."_stage_1_1" ALTER COLUMN _loaded_at DROP DEFAULT;
ALTER TABLE "acme"."_stage_1_1" RENAME TO "products";
COMMENT ON TABLE "acme"."products" IS 'products: Product';
COMMENT ON COLUMN "acme"."products"."id" IS 'id: ID!; the number of gid://shopify/Product/<number>';
COMMENT ON COLUMN "acme"."products"."title" IS 'title: String!';
COMMENT ON COLUMN "acme"."products"."_hash" IS 'hash of the row''s values; NULL: the next merge writes the row';
COMMENT ON COLUMN "acme"."products"."_loaded_at" IS 'when the run that last changed the row began to load';
COMMENT ON COLUMN "acme"."products"."_deleted_at" IS 'when bulkpg found that the row is gone from the store; NULL: the row exists there';

-- ==== Later loads: products
-- Delete the rows of lines that were rejected after some of their rows had been
-- sent.
-- $1: the numbers of these lines
DELETE FROM "acme"."_stage_1_1" WHERE _line = ANY ($1::bigint[]);
CREATE UNIQUE INDEX ON "acme"."_stage_1_1" ("id");
-- If several rows in staging have the same key, keep only the last one.
DELETE FROM "acme"."_stage_1_1" AS s
USING (SELECT ctid AS place,
              row_number() OVER (PARTITION BY "id"
                                 ORDER BY _line DESC) AS n
       FROM "acme"."_stage_1_1") AS d
WHERE s.ctid = d.place AND d.n > 1;
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_1_changes" AS
SELECT s.ctid AS place, t."id" IS NULL AS is_new
FROM "acme"."_stage_1_1" AS s
LEFT JOIN ONLY "acme"."products" AS t ON s."id" = t."id"
WHERE t."id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash
   OR t._deleted_at IS NOT NULL;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new),
       0
FROM "acme"."_stage_1_1_changes";
-- In a full run, mark the rows that are not in staging and are not marked yet.
-- $1: loaded_at
UPDATE ONLY "acme"."products" AS t
SET _deleted_at = $1::timestamptz, _loaded_at = $1::timestamptz
WHERE t._deleted_at IS NULL
  AND NOT EXISTS (SELECT FROM "acme"."_stage_1_1" AS s WHERE s."id" = t."id");
-- Update the changed rows. OFFSET 0 makes PostgreSQL find them in staging by
-- their places first, and only then join them with the table. Otherwise, if the
-- key has two columns, the planner expects very few matches in the table, joins
-- with the table first, and compares each match with all places.
-- $1: loaded_at
UPDATE ONLY "acme"."products" AS t
SET "title" = s."title", "_hash" = s."_hash", _loaded_at = $1::timestamptz, _deleted_at = NULL
FROM (SELECT s.* FROM "acme"."_stage_1_1" AS s, "acme"."_stage_1_1_changes" AS c
      WHERE NOT c.is_new AND s.ctid = c.place OFFSET 0) AS s
WHERE s."id" = t."id";
-- Insert the new rows. In a first load, if staging cannot become the table, all
-- rows are new.
-- $1: loaded_at
INSERT INTO "acme"."products" AS t ("id", "title", "_hash", _loaded_at)
SELECT s."id", s."title", s."_hash", $1::timestamptz
FROM "acme"."_stage_1_1" AS s, "acme"."_stage_1_1_changes" AS c
WHERE c.is_new AND s.ctid = c.place;
-- After insert_new.sql and update_changed.sql: count the new rows and the
-- changed rows that are not in the table as they are in staging. Both counts
-- are 0, unless a trigger or a rule of the table changed or dropped rows.
SELECT count(*) FILTER (WHERE s.is_new), count(*) FILTER (WHERE NOT s.is_new)
FROM (SELECT s.*, c.is_new FROM "acme"."_stage_1_1" AS s, "acme"."_stage_1_1_changes" AS c
      WHERE s.ctid = c.place OFFSET 0) AS s
WHERE NOT EXISTS (SELECT FROM ONLY "acme"."products" AS t
        WHERE s."id" = t."id"
          AND t._hash IS NOT DISTINCT FROM s._hash
          AND t._deleted_at IS NULL);

-- ==== Later full loads that send what changed: products
-- How many rows the table has that a full run may find unchanged; -1: it has
-- rows marked as gone that the run would not mark.
(SELECT count(*)
 FROM ONLY "acme"."products" WHERE _deleted_at IS NULL);
-- Before a full run: the hashes of the rows that the table has.
SELECT _hash FROM ONLY "acme"."products" WHERE _deleted_at IS NULL;
-- In the merge: are these still the rows that read_hashes.sql read?
(SELECT count(*)::text || ' ' || count(_hash) || ' ' || coalesce(bit_xor(_hash), 0)
 FROM ONLY "acme"."products" WHERE _deleted_at IS NULL);
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_1_changes" AS
SELECT s.ctid AS place, t."id" IS NULL AS is_new,
       t._hash AS old_hash, t._deleted_at IS NOT NULL AS was_gone
FROM "acme"."_stage_1_1" AS s
LEFT JOIN ONLY "acme"."products" AS t ON s."id" = t."id"
WHERE t."id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash
   OR t._deleted_at IS NOT NULL;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new),
       count(*) FILTER (WHERE was_gone)
FROM "acme"."_stage_1_1_changes";
-- The hashes that the rows to be updated have: none of them came unchanged.
SELECT old_hash FROM "acme"."_stage_1_1_changes" WHERE NOT is_new;
-- A table for hashes of rows: of those that are gone, or, if these are fewer,
-- of those that came unchanged.
CREATE UNLOGGED TABLE "acme"."_stage_1_1_hashes" (hash bigint);
-- Some of these hashes. 0 means the rows whose hash is NULL.
-- $1: the hashes
INSERT INTO "acme"."_stage_1_1_hashes" SELECT * FROM unnest($1::bigint[]);
-- A full run of which rows that came unchanged are not staged: mark the rows
-- that did not come, if they are not marked yet.
-- $1: loaded_at
UPDATE ONLY "acme"."products" AS t
SET _deleted_at = $1::timestamptz, _loaded_at = $1::timestamptz
WHERE t._deleted_at IS NULL
  AND coalesce(t._hash, 0) IN (SELECT hash FROM "acme"."_stage_1_1_hashes")
  AND NOT EXISTS (SELECT FROM "acme"."_stage_1_1" AS s WHERE s."id" = t."id");

-- ==== Later loads, other hashes: products
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_1_changes" AS
SELECT s.ctid AS place, t."id" IS NULL AS is_new,
       t._hash IS NOT NULL
         AND ROW(t."id", t."title")::record
             *= ROW(s."id", s."title")::record
         AND t._deleted_at IS NULL AS is_same
FROM "acme"."_stage_1_1" AS s
LEFT JOIN ONLY "acme"."products" AS t ON s."id" = t."id"
WHERE t."id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash
   OR t._deleted_at IS NOT NULL;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new AND NOT is_same),
       count(*) FILTER (WHERE NOT is_new AND is_same)
FROM "acme"."_stage_1_1_changes";
-- Update the changed rows. OFFSET 0 makes PostgreSQL find them in staging by
-- their places first, and only then join them with the table. Otherwise, if the
-- key has two columns, the planner expects very few matches in the table, joins
-- with the table first, and compares each match with all places.
-- $1: loaded_at
UPDATE ONLY "acme"."products" AS t
SET "title" = s."title", "_hash" = s."_hash", _loaded_at = $1::timestamptz, _deleted_at = NULL
FROM (SELECT s.* FROM "acme"."_stage_1_1" AS s, "acme"."_stage_1_1_changes" AS c
      WHERE NOT c.is_new AND NOT c.is_same AND s.ctid = c.place OFFSET 0) AS s
WHERE s."id" = t."id";
-- Write the hashes, by their new definition, of rows whose values are the same.
UPDATE ONLY "acme"."products" AS t
SET _hash = s._hash
FROM (SELECT s.* FROM "acme"."_stage_1_1" AS s, "acme"."_stage_1_1_changes" AS c
      WHERE NOT c.is_new AND c.is_same AND s.ctid = c.place OFFSET 0) AS s
WHERE s."id" = t."id";

-- ==== Staging
CREATE UNLOGGED TABLE "acme"."_stage_1_1" (
    "_line" bigint,
    "_count_2" integer,
    "id" bigint NOT NULL,
    "title" text,
    "_hash" bigint
);
INSERT INTO "acme"."_stage_1_1" SELECT * FROM pg_catalog.unnest($1::"acme"."_stage_1_1"[]);
CREATE UNLOGGED TABLE "acme"."_stage_1_2" (
    "_line" bigint,
    "_parent_id" bigint NOT NULL,
    "id" bigint NOT NULL,
    "sku" text,
    "_hash" bigint
);
INSERT INTO "acme"."_stage_1_2" SELECT * FROM pg_catalog.unnest($1::"acme"."_stage_1_2"[]);

-- ==== Guards: products
-- Count the rows in staging.
SELECT count(*) FROM "acme"."_stage_1_1";
-- Find the columns that are NULL in every row in staging. Each test stops at
-- the first value, so it is fast if the column has values.
SELECT count(*),
       NOT EXISTS (SELECT FROM "acme"."_stage_1_1" WHERE "id" IS NOT NULL),
       NOT EXISTS (SELECT FROM "acme"."_stage_1_1" WHERE "title" IS NOT NULL);
-- Count the rows of the table and, for each of these columns, the rows that
-- have a value in it.
SELECT count(*), count(t."id"), count(t."title")
FROM ONLY "acme"."products" AS t;
-- Count the same, but only for the rows of the table whose keys are in staging,
-- and only if one of the columns is NULL in every row in staging. That is tested
-- once, before the tables are joined.
SELECT count(*), count(t."id"), count(t."title")
FROM ONLY "acme"."products" AS t
JOIN "acme"."_stage_1_1" AS s ON s."id" = t."id"
WHERE (NOT EXISTS (SELECT FROM "acme"."_stage_1_1" WHERE "id" IS NOT NULL) OR
       NOT EXISTS (SELECT FROM "acme"."_stage_1_1" WHERE "title" IS NOT NULL));
-- Count the rows of the table, without those that are marked as deleted.
SELECT count(*) FROM ONLY "acme"."products";

-- ==== First load: products
ALTER TABLE "acme"."_stage_1_1" ADD CONSTRAINT "products_pkey" PRIMARY KEY ("id");
ALTER TABLE "acme"."_stage_1_1" DROP COLUMN "_line", DROP COLUMN "_count_2", ADD COLUMN _loaded_at timestamptz DEFAULT 'now';
ALTER TABLE "acme"."_stage_1_1" ALTER COLUMN _loaded_at DROP DEFAULT;
ALTER TABLE "acme"."_stage_1_1" RENAME TO "products";
COMMENT ON TABLE "acme"."products" IS 'products: Product';
COMMENT ON COLUMN "acme"."products"."id" IS 'id: ID!; the number of gid://shopify/Product/<number>';
COMMENT ON COLUMN "acme"."products"."title" IS 'title: String!';
COMMENT ON COLUMN "acme"."products"."_hash" IS 'hash of the row''s values; NULL: the next merge writes the row';
COMMENT ON COLUMN "acme"."products"."_loaded_at" IS 'when the run that last changed the row began to load';

-- ==== Later loads: products
-- Delete the rows of lines that were rejected after some of their rows had been
-- sent.
-- $1: the numbers of these lines
DELETE FROM "acme"."_stage_1_1" WHERE _line = ANY ($1::bigint[]);
CREATE UNIQUE INDEX ON "acme"."_stage_1_1" ("id");
-- If several rows in staging have the same key, keep only the last one.
DELETE FROM "acme"."_stage_1_1" AS s
USING (SELECT ctid AS place,
              row_number() OVER (PARTITION BY "id"
                                 ORDER BY _line DESC) AS n
       FROM "acme"."_stage_1_1") AS d
WHERE s.ctid = d.place AND d.n > 1;
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_1_changes" AS
SELECT s.ctid AS place, t."id" IS NULL AS is_new
FROM "acme"."_stage_1_1" AS s
LEFT JOIN ONLY "acme"."products" AS t ON s."id" = t."id"
WHERE t."id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new),
       0
FROM "acme"."_stage_1_1_changes";
-- In a full run, delete the rows that are not in staging.
DELETE FROM ONLY "acme"."products" AS t
WHERE NOT EXISTS (SELECT FROM "acme"."_stage_1_1" AS s WHERE s."id" = t."id");
-- Update the changed rows. OFFSET 0 makes PostgreSQL find them in staging by
-- their places first, and only then join them with the table. Otherwise, if the
-- key has two columns, the planner expects very few matches in the table, joins
-- with the table first, and compares each match with all places.
-- $1: loaded_at
UPDATE ONLY "acme"."products" AS t
SET "title" = s."title", "_hash" = s."_hash", _loaded_at = $1::timestamptz
FROM (SELECT s.* FROM "acme"."_stage_1_1" AS s, "acme"."_stage_1_1_changes" AS c
      WHERE NOT c.is_new AND s.ctid = c.place OFFSET 0) AS s
WHERE s."id" = t."id";
-- Insert the new rows. In a first load, if staging cannot become the table, all
-- rows are new.
-- $1: loaded_at
INSERT INTO "acme"."products" AS t ("id", "title", "_hash", _loaded_at)
SELECT s."id", s."title", s."_hash", $1::timestamptz
FROM "acme"."_stage_1_1" AS s, "acme"."_stage_1_1_changes" AS c
WHERE c.is_new AND s.ctid = c.place;
-- After insert_new.sql and update_changed.sql: count the new rows and the
-- changed rows that are not in the table as they are in staging. Both counts
-- are 0, unless a trigger or a rule of the table changed or dropped rows.
SELECT count(*) FILTER (WHERE s.is_new), count(*) FILTER (WHERE NOT s.is_new)
FROM (SELECT s.*, c.is_new FROM "acme"."_stage_1_1" AS s, "acme"."_stage_1_1_changes" AS c
      WHERE s.ctid = c.place OFFSET 0) AS s
WHERE NOT EXISTS (SELECT FROM ONLY "acme"."products" AS t
        WHERE s."id" = t."id"
          AND t._hash IS NOT DISTINCT FROM s._hash);

-- ==== Later full loads that send what changed: products
-- How many rows the table has that a full run may find unchanged; -1: it has
-- rows marked as gone that the run would not mark.
(SELECT count(*)
 FROM ONLY "acme"."products");
-- Before a full run: the hashes of the rows that the table has.
SELECT _hash FROM ONLY "acme"."products";
-- In the merge: are these still the rows that read_hashes.sql read?
(SELECT count(*)::text || ' ' || count(_hash) || ' ' || coalesce(bit_xor(_hash), 0)
 FROM ONLY "acme"."products");
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_1_changes" AS
SELECT s.ctid AS place, t."id" IS NULL AS is_new,
       t._hash AS old_hash
FROM "acme"."_stage_1_1" AS s
LEFT JOIN ONLY "acme"."products" AS t ON s."id" = t."id"
WHERE t."id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new),
       0
FROM "acme"."_stage_1_1_changes";
-- The hashes that the rows to be updated have: none of them came unchanged.
SELECT old_hash FROM "acme"."_stage_1_1_changes" WHERE NOT is_new;
-- A table for hashes of rows: of those that are gone, or, if these are fewer,
-- of those that came unchanged.
CREATE UNLOGGED TABLE "acme"."_stage_1_1_hashes" (hash bigint);
-- Some of these hashes. 0 means the rows whose hash is NULL.
-- $1: the hashes
INSERT INTO "acme"."_stage_1_1_hashes" SELECT * FROM unnest($1::bigint[]);
-- A full run of which rows that came unchanged are not staged: delete the rows
-- that did not come.
DELETE FROM ONLY "acme"."products" AS t
WHERE coalesce(t._hash, 0) IN (SELECT hash FROM "acme"."_stage_1_1_hashes")
  AND NOT EXISTS (SELECT FROM "acme"."_stage_1_1" AS s WHERE s."id" = t."id");

-- ==== Later loads, other hashes: products
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_1_changes" AS
SELECT s.ctid AS place, t."id" IS NULL AS is_new,
       t._hash IS NOT NULL
         AND ROW(t."id", t."title")::record
             *= ROW(s."id", s."title")::record AS is_same
FROM "acme"."_stage_1_1" AS s
LEFT JOIN ONLY "acme"."products" AS t ON s."id" = t."id"
WHERE t."id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new AND NOT is_same),
       count(*) FILTER (WHERE NOT is_new AND is_same)
FROM "acme"."_stage_1_1_changes";
-- Update the changed rows. OFFSET 0 makes PostgreSQL find them in staging by
-- their places first, and only then join them with the table. Otherwise, if the
-- key has two columns, the planner expects very few matches in the table, joins
-- with the table first, and compares each match with all places.
-- $1: loaded_at
UPDATE ONLY "acme"."products" AS t
SET "title" = s."title", "_hash" = s."_hash", _loaded_at = $1::timestamptz
FROM (SELECT s.* FROM "acme"."_stage_1_1" AS s, "acme"."_stage_1_1_changes" AS c
      WHERE NOT c.is_new AND NOT c.is_same AND s.ctid = c.place OFFSET 0) AS s
WHERE s."id" = t."id";
-- Write the hashes, by their new definition, of rows whose values are the same.
UPDATE ONLY "acme"."products" AS t
SET _hash = s._hash
FROM (SELECT s.* FROM "acme"."_stage_1_1" AS s, "acme"."_stage_1_1_changes" AS c
      WHERE NOT c.is_new AND c.is_same AND s.ctid = c.place OFFSET 0) AS s
WHERE s."id" = t."id";

-- ==== History: products
CREATE TABLE "acme"."products_history" (
    "id" bigint NOT NULL,
    "title" text,
    _valid_from timestamptz NOT NULL,
    _valid_to timestamptz
);
ALTER TABLE "acme"."products_history" ADD CONSTRAINT "products_history_pkey" PRIMARY KEY ("id", _valid_from);
COMMENT ON TABLE "acme"."products_history" IS 'bulkpg history: versions of the rows of products';
COMMENT ON COLUMN "acme"."products_history"._valid_from IS 'when the run that wrote this version began to load';
COMMENT ON COLUMN "acme"."products_history"._valid_to IS 'when the next version began, or a run no longer found the row; NULL: valid now';
-- Make a history fit its table: it is new, or was not kept for a while, or
-- objects of the user changed rows that no statement returned. End the versions
-- that are not rows of the table, and begin a version of each row without one.
-- $1: loaded_at
WITH ends AS (
  SELECT h.ctid AS place
  FROM "acme"."products_history" AS h
  WHERE h._valid_to IS NULL
    AND NOT EXISTS (SELECT FROM ONLY "acme"."products" AS t
                    WHERE h."id" = t."id"
                      AND ROW(h."id", h."title")::record
                          *= ROW(t."id", t."title")::record)
), closed AS (
  UPDATE "acme"."products_history" AS h
  SET _valid_to = greatest($1::timestamptz,
                           h._valid_from + interval '1 microsecond')
  FROM ends AS e
  WHERE h.ctid = e.place
)
INSERT INTO "acme"."products_history" ("id", "title", _valid_from)
SELECT t."id", t."title",
       greatest($1::timestamptz,
                (SELECT max(coalesce(h._valid_to, h._valid_from))
                        + interval '1 microsecond'
                 FROM "acme"."products_history" AS h WHERE h."id" = t."id"))
FROM ONLY "acme"."products" AS t
WHERE NOT EXISTS (
  SELECT FROM "acme"."products_history" AS h
  WHERE h."id" = t."id" AND h._valid_to IS NULL
    AND ROW(h."id", h."title")::record *= ROW(t."id", t."title")::record);
-- Write rows, and begin a version of each. A row whose values did not change
-- keeps its version. A version begins with the run, or just after the last
-- version of the row, if the clock stepped back.
-- The versions of each row are found by the index: an aggregate in LATERAL, and
-- comparisons with >= and <=, cannot become a join that reads the whole history,
-- which may be many times larger than the table.
-- $1: loaded_at
WITH written AS (
UPDATE ONLY "acme"."products" AS t
SET "title" = s."title", "_hash" = s."_hash", _loaded_at = $1::timestamptz
FROM (SELECT s.* FROM "acme"."_stage_1_1" AS s, "acme"."_stage_1_1_changes" AS c
      WHERE NOT c.is_new AND s.ctid = c.place OFFSET 0) AS s
WHERE s."id" = t."id"

RETURNING t."id", t."title"
), version AS (
  SELECT w.*, known._opened,
         greatest($1::timestamptz, known.ended + interval '1 microsecond')
           AS _begins
  FROM written AS w
  CROSS JOIN LATERAL (
    SELECT max(coalesce(h._valid_to, h._valid_from)) AS ended,
           max(h._valid_from) FILTER (WHERE h._valid_to IS NULL) AS _opened,
           bool_or(h._valid_to IS NULL
                   AND ROW(h."id", h."title")::record
                       *= ROW(w."id", w."title")::record) AS is_same
    FROM "acme"."products_history" AS h
    WHERE h."id" = w."id") AS known
  WHERE known.is_same IS NOT TRUE
), closed AS (
  UPDATE "acme"."products_history" AS h
  SET _valid_to = v._begins
  FROM version AS v
  WHERE v._opened IS NOT NULL
    AND (h."id", h._valid_from) >= (v."id", v._opened)
    AND (h."id", h._valid_from) <= (v."id", v._opened)
    AND h._valid_to IS NULL
), opened AS (
  INSERT INTO "acme"."products_history" ("id", "title", _valid_from)
  SELECT v."id", v."title", v._begins
  FROM version AS v
)
SELECT count(*) FROM written;
-- Write rows, and begin a version of each. A row whose values did not change
-- keeps its version. A version begins with the run, or just after the last
-- version of the row, if the clock stepped back.
-- The versions of each row are found by the index: an aggregate in LATERAL, and
-- comparisons with >= and <=, cannot become a join that reads the whole history,
-- which may be many times larger than the table.
-- $1: loaded_at
WITH written AS (
INSERT INTO "acme"."products" AS t ("id", "title", "_hash", _loaded_at)
SELECT s."id", s."title", s."_hash", $1::timestamptz
FROM "acme"."_stage_1_1" AS s, "acme"."_stage_1_1_changes" AS c
WHERE c.is_new AND s.ctid = c.place

RETURNING t."id", t."title"
), version AS (
  SELECT w.*, known._opened,
         greatest($1::timestamptz, known.ended + interval '1 microsecond')
           AS _begins
  FROM written AS w
  CROSS JOIN LATERAL (
    SELECT max(coalesce(h._valid_to, h._valid_from)) AS ended,
           max(h._valid_from) FILTER (WHERE h._valid_to IS NULL) AS _opened,
           bool_or(h._valid_to IS NULL
                   AND ROW(h."id", h."title")::record
                       *= ROW(w."id", w."title")::record) AS is_same
    FROM "acme"."products_history" AS h
    WHERE h."id" = w."id") AS known
  WHERE known.is_same IS NOT TRUE
), closed AS (
  UPDATE "acme"."products_history" AS h
  SET _valid_to = v._begins
  FROM version AS v
  WHERE v._opened IS NOT NULL
    AND (h."id", h._valid_from) >= (v."id", v._opened)
    AND (h."id", h._valid_from) <= (v."id", v._opened)
    AND h._valid_to IS NULL
), opened AS (
  INSERT INTO "acme"."products_history" ("id", "title", _valid_from)
  SELECT v."id", v."title", v._begins
  FROM version AS v
)
SELECT count(*) FROM written;
-- Remove rows or mark them, and end their versions. The keys are compared with
-- >= and <=, because then each version is found by the index. The planner
-- expects far more removed rows than there are, and with = it would read the
-- whole history, which may be many times larger than the table.
-- $1: loaded_at
WITH written AS (
DELETE FROM ONLY "acme"."products" AS t
WHERE NOT EXISTS (SELECT FROM "acme"."_stage_1_1" AS s WHERE s."id" = t."id")

RETURNING t."id"
), closed AS (
  UPDATE "acme"."products_history" AS h
  SET _valid_to = greatest($1::timestamptz,
                           h._valid_from + interval '1 microsecond')
  FROM written AS w
  WHERE (h."id") >= (w."id")
    AND (h."id") <= (w."id")
    AND h._valid_to IS NULL
)
SELECT count(*) FROM written;

-- ==== Guards: products_variants
-- Count the rows in staging.
SELECT count(*) FROM "acme"."_stage_1_2";
-- Find the columns that are NULL in every row in staging. Each test stops at
-- the first value, so it is fast if the column has values.
SELECT count(*),
       NOT EXISTS (SELECT FROM "acme"."_stage_1_2" WHERE "id" IS NOT NULL),
       NOT EXISTS (SELECT FROM "acme"."_stage_1_2" WHERE "sku" IS NOT NULL);
-- Count the rows of the table and, for each of these columns, the rows that
-- have a value in it.
SELECT count(*), count(t."id"), count(t."sku")
FROM ONLY "acme"."products_variants" AS t;
-- Count the same, but only for the rows of the table whose keys are in staging,
-- and only if one of the columns is NULL in every row in staging. That is tested
-- once, before the tables are joined.
SELECT count(*), count(t."id"), count(t."sku")
FROM ONLY "acme"."products_variants" AS t
JOIN "acme"."_stage_1_2" AS s ON s."_parent_id" = t."_parent_id" AND s."id" = t."id"
WHERE (NOT EXISTS (SELECT FROM "acme"."_stage_1_2" WHERE "id" IS NOT NULL) OR
       NOT EXISTS (SELECT FROM "acme"."_stage_1_2" WHERE "sku" IS NOT NULL));
-- Find parents whose connection may have been truncated. Return the number of
-- parents of each kind, and the first few of them. A negative count means that
-- the count may be out of date.
SELECT kind, parents, id, counted, came
FROM (SELECT *, count(*) OVER (PARTITION BY kind) AS parents,
             row_number() OVER (PARTITION BY kind ORDER BY id) AS n
      FROM (SELECT CASE WHEN counted > 0 THEN 0
                        WHEN counted < 0 THEN 1
                        ELSE 2 END AS kind,
                   id, max(abs(counted)) AS counted,
                   max(coalesce(came, 0)) AS came
            FROM (SELECT "_parent_id" AS id, count(*) AS came
                  FROM "acme"."_stage_1_2" GROUP BY 1) AS c
            FULL JOIN (SELECT "id" AS id, "_count_2" AS counted
                       FROM "acme"."_stage_1_1") AS p USING (id)
            WHERE abs(counted) > coalesce(came, 0)
               OR (counted IS NULL AND came IN (100, 250))
            GROUP BY 1, 2) AS d) AS e
WHERE n <= 3
ORDER BY kind, id;
-- Count the rows of the table, without those that are marked as deleted.
SELECT count(*) FROM ONLY "acme"."products_variants";

-- ==== First load: products_variants
ALTER TABLE "acme"."_stage_1_2" ADD CONSTRAINT "products_variants_pkey" PRIMARY KEY ("_parent_id", "id");
CREATE INDEX "products_variants_id_idx" ON "acme"."_stage_1_2" ("id");
ALTER TABLE "acme"."_stage_1_2" DROP COLUMN "_line", ADD COLUMN _loaded_at timestamptz DEFAULT 'now';
ALTER TABLE "acme"."_stage_1_2" ALTER COLUMN _loaded_at DROP DEFAULT;
ALTER TABLE "acme"."_stage_1_2" RENAME TO "products_variants";
COMMENT ON TABLE "acme"."products_variants" IS 'products.variants: ProductVariant';
COMMENT ON COLUMN "acme"."products_variants"."_parent_id" IS 'id of the row''s parent in products; the number of gid://shopify/Product/<number>';
COMMENT ON COLUMN "acme"."products_variants"."id" IS 'id: ID!; the number of gid://shopify/ProductVariant/<number>';
COMMENT ON COLUMN "acme"."products_variants"."sku" IS 'sku: String';
COMMENT ON COLUMN "acme"."products_variants"."_hash" IS 'hash of the row''s values; NULL: the next merge writes the row';
COMMENT ON COLUMN "acme"."products_variants"."_loaded_at" IS 'when the run that last changed the row began to load';

-- ==== Later loads: products_variants
-- Delete the rows of lines that were rejected after some of their rows had been
-- sent.
-- $1: the numbers of these lines
DELETE FROM "acme"."_stage_1_2" WHERE _line = ANY ($1::bigint[]);
CREATE UNIQUE INDEX ON "acme"."_stage_1_2" ("_parent_id", "id");
-- If several rows in staging have the same key, keep only the last one.
DELETE FROM "acme"."_stage_1_2" AS s
USING (SELECT ctid AS place,
              row_number() OVER (PARTITION BY "_parent_id", "id"
                                 ORDER BY _line DESC) AS n
       FROM "acme"."_stage_1_2") AS d
WHERE s.ctid = d.place AND d.n > 1;
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_2_changes" AS
SELECT s.ctid AS place, t."_parent_id" IS NULL AS is_new
FROM "acme"."_stage_1_2" AS s
LEFT JOIN ONLY "acme"."products_variants" AS t ON s."_parent_id" = t."_parent_id" AND s."id" = t."id"
WHERE t."_parent_id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new),
       0
FROM "acme"."_stage_1_2_changes";
-- In a full run, delete the rows that are not in staging.
DELETE FROM ONLY "acme"."products_variants" AS t
WHERE NOT EXISTS (SELECT FROM "acme"."_stage_1_2" AS s WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id");
-- In an incremental run, delete the rows that are not in staging although their
-- parent is.
DELETE FROM ONLY "acme"."products_variants" AS t
USING (SELECT DISTINCT "id" AS id FROM "acme"."_stage_1_1") AS p
WHERE t."_parent_id" = p.id
  AND NOT EXISTS (SELECT FROM "acme"."_stage_1_2" AS s WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id");
-- Update the changed rows. OFFSET 0 makes PostgreSQL find them in staging by
-- their places first, and only then join them with the table. Otherwise, if the
-- key has two columns, the planner expects very few matches in the table, joins
-- with the table first, and compares each match with all places.
-- $1: loaded_at
UPDATE ONLY "acme"."products_variants" AS t
SET "sku" = s."sku", "_hash" = s."_hash", _loaded_at = $1::timestamptz
FROM (SELECT s.* FROM "acme"."_stage_1_2" AS s, "acme"."_stage_1_2_changes" AS c
      WHERE NOT c.is_new AND s.ctid = c.place OFFSET 0) AS s
WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id";
-- Insert the new rows. In a first load, if staging cannot become the table, all
-- rows are new.
-- $1: loaded_at
INSERT INTO "acme"."products_variants" AS t ("_parent_id", "id", "sku", "_hash", _loaded_at)
SELECT s."_parent_id", s."id", s."sku", s."_hash", $1::timestamptz
FROM "acme"."_stage_1_2" AS s, "acme"."_stage_1_2_changes" AS c
WHERE c.is_new AND s.ctid = c.place;
-- After insert_new.sql and update_changed.sql: count the new rows and the
-- changed rows that are not in the table as they are in staging. Both counts
-- are 0, unless a trigger or a rule of the table changed or dropped rows.
SELECT count(*) FILTER (WHERE s.is_new), count(*) FILTER (WHERE NOT s.is_new)
FROM (SELECT s.*, c.is_new FROM "acme"."_stage_1_2" AS s, "acme"."_stage_1_2_changes" AS c
      WHERE s.ctid = c.place OFFSET 0) AS s
WHERE NOT EXISTS (SELECT FROM ONLY "acme"."products_variants" AS t
        WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id"
          AND t._hash IS NOT DISTINCT FROM s._hash);

-- ==== Later full loads that send what changed: products_variants
-- How many rows the table has that a full run may find unchanged; -1: it has
-- rows marked as gone that the run would not mark.
(SELECT count(*)
 FROM ONLY "acme"."products_variants");
-- Before a full run: the hashes of the rows that the table has.
SELECT _hash FROM ONLY "acme"."products_variants";
-- In the merge: are these still the rows that read_hashes.sql read?
(SELECT count(*)::text || ' ' || count(_hash) || ' ' || coalesce(bit_xor(_hash), 0)
 FROM ONLY "acme"."products_variants");
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_2_changes" AS
SELECT s.ctid AS place, t."_parent_id" IS NULL AS is_new,
       t._hash AS old_hash
FROM "acme"."_stage_1_2" AS s
LEFT JOIN ONLY "acme"."products_variants" AS t ON s."_parent_id" = t."_parent_id" AND s."id" = t."id"
WHERE t."_parent_id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new),
       0
FROM "acme"."_stage_1_2_changes";
-- The hashes that the rows to be updated have: none of them came unchanged.
SELECT old_hash FROM "acme"."_stage_1_2_changes" WHERE NOT is_new;
-- A table for hashes of rows: of those that are gone, or, if these are fewer,
-- of those that came unchanged.
CREATE UNLOGGED TABLE "acme"."_stage_1_2_hashes" (hash bigint);
-- Some of these hashes. 0 means the rows whose hash is NULL.
-- $1: the hashes
INSERT INTO "acme"."_stage_1_2_hashes" SELECT * FROM unnest($1::bigint[]);
-- A full run of which rows that came unchanged are not staged: delete the rows
-- that did not come.
DELETE FROM ONLY "acme"."products_variants" AS t
WHERE coalesce(t._hash, 0) IN (SELECT hash FROM "acme"."_stage_1_2_hashes")
  AND NOT EXISTS (SELECT FROM "acme"."_stage_1_2" AS s WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id");

-- ==== Later loads, other hashes: products_variants
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_2_changes" AS
SELECT s.ctid AS place, t."_parent_id" IS NULL AS is_new,
       t._hash IS NOT NULL
         AND ROW(t."_parent_id", t."id", t."sku")::record
             *= ROW(s."_parent_id", s."id", s."sku")::record AS is_same
FROM "acme"."_stage_1_2" AS s
LEFT JOIN ONLY "acme"."products_variants" AS t ON s."_parent_id" = t."_parent_id" AND s."id" = t."id"
WHERE t."_parent_id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new AND NOT is_same),
       count(*) FILTER (WHERE NOT is_new AND is_same)
FROM "acme"."_stage_1_2_changes";
-- Update the changed rows. OFFSET 0 makes PostgreSQL find them in staging by
-- their places first, and only then join them with the table. Otherwise, if the
-- key has two columns, the planner expects very few matches in the table, joins
-- with the table first, and compares each match with all places.
-- $1: loaded_at
UPDATE ONLY "acme"."products_variants" AS t
SET "sku" = s."sku", "_hash" = s."_hash", _loaded_at = $1::timestamptz
FROM (SELECT s.* FROM "acme"."_stage_1_2" AS s, "acme"."_stage_1_2_changes" AS c
      WHERE NOT c.is_new AND NOT c.is_same AND s.ctid = c.place OFFSET 0) AS s
WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id";
-- Write the hashes, by their new definition, of rows whose values are the same.
UPDATE ONLY "acme"."products_variants" AS t
SET _hash = s._hash
FROM (SELECT s.* FROM "acme"."_stage_1_2" AS s, "acme"."_stage_1_2_changes" AS c
      WHERE NOT c.is_new AND c.is_same AND s.ctid = c.place OFFSET 0) AS s
WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id";

-- ==== History: products_variants
CREATE TABLE "acme"."products_variants_history" (
    "_parent_id" bigint NOT NULL,
    "id" bigint NOT NULL,
    "sku" text,
    _valid_from timestamptz NOT NULL,
    _valid_to timestamptz
);
ALTER TABLE "acme"."products_variants_history" ADD CONSTRAINT "products_variants_history_pkey" PRIMARY KEY ("_parent_id", "id", _valid_from);
COMMENT ON TABLE "acme"."products_variants_history" IS 'bulkpg history: versions of the rows of products_variants';
COMMENT ON COLUMN "acme"."products_variants_history"._valid_from IS 'when the run that wrote this version began to load';
COMMENT ON COLUMN "acme"."products_variants_history"._valid_to IS 'when the next version began, or a run no longer found the row; NULL: valid now';
-- Make a history fit its table: it is new, or was not kept for a while, or
-- objects of the user changed rows that no statement returned. End the versions
-- that are not rows of the table, and begin a version of each row without one.
-- $1: loaded_at
WITH ends AS (
  SELECT h.ctid AS place
  FROM "acme"."products_variants_history" AS h
  WHERE h._valid_to IS NULL
    AND NOT EXISTS (SELECT FROM ONLY "acme"."products_variants" AS t
                    WHERE h."_parent_id" = t."_parent_id" AND h."id" = t."id"
                      AND ROW(h."_parent_id", h."id", h."sku")::record
                          *= ROW(t."_parent_id", t."id", t."sku")::record)
), closed AS (
  UPDATE "acme"."products_variants_history" AS h
  SET _valid_to = greatest($1::timestamptz,
                           h._valid_from + interval '1 microsecond')
  FROM ends AS e
  WHERE h.ctid = e.place
)
INSERT INTO "acme"."products_variants_history" ("_parent_id", "id", "sku", _valid_from)
SELECT t."_parent_id", t."id", t."sku",
       greatest($1::timestamptz,
                (SELECT max(coalesce(h._valid_to, h._valid_from))
                        + interval '1 microsecond'
                 FROM "acme"."products_variants_history" AS h WHERE h."_parent_id" = t."_parent_id" AND h."id" = t."id"))
FROM ONLY "acme"."products_variants" AS t
WHERE NOT EXISTS (
  SELECT FROM "acme"."products_variants_history" AS h
  WHERE h."_parent_id" = t."_parent_id" AND h."id" = t."id" AND h._valid_to IS NULL
    AND ROW(h."_parent_id", h."id", h."sku")::record *= ROW(t."_parent_id", t."id", t."sku")::record);
-- Write rows, and begin a version of each. A row whose values did not change
-- keeps its version. A version begins with the run, or just after the last
-- version of the row, if the clock stepped back.
-- The versions of each row are found by the index: an aggregate in LATERAL, and
-- comparisons with >= and <=, cannot become a join that reads the whole history,
-- which may be many times larger than the table.
-- $1: loaded_at
WITH written AS (
UPDATE ONLY "acme"."products_variants" AS t
SET "sku" = s."sku", "_hash" = s."_hash", _loaded_at = $1::timestamptz
FROM (SELECT s.* FROM "acme"."_stage_1_2" AS s, "acme"."_stage_1_2_changes" AS c
      WHERE NOT c.is_new AND s.ctid = c.place OFFSET 0) AS s
WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id"

RETURNING t."_parent_id", t."id", t."sku"
), version AS (
  SELECT w.*, known._opened,
         greatest($1::timestamptz, known.ended + interval '1 microsecond')
           AS _begins
  FROM written AS w
  CROSS JOIN LATERAL (
    SELECT max(coalesce(h._valid_to, h._valid_from)) AS ended,
           max(h._valid_from) FILTER (WHERE h._valid_to IS NULL) AS _opened,
           bool_or(h._valid_to IS NULL
                   AND ROW(h."_parent_id", h."id", h."sku")::record
                       *= ROW(w."_parent_id", w."id", w."sku")::record) AS is_same
    FROM "acme"."products_variants_history" AS h
    WHERE h."_parent_id" = w."_parent_id" AND h."id" = w."id") AS known
  WHERE known.is_same IS NOT TRUE
), closed AS (
  UPDATE "acme"."products_variants_history" AS h
  SET _valid_to = v._begins
  FROM version AS v
  WHERE v._opened IS NOT NULL
    AND (h."_parent_id", h."id", h._valid_from) >= (v."_parent_id", v."id", v._opened)
    AND (h."_parent_id", h."id", h._valid_from) <= (v."_parent_id", v."id", v._opened)
    AND h._valid_to IS NULL
), opened AS (
  INSERT INTO "acme"."products_variants_history" ("_parent_id", "id", "sku", _valid_from)
  SELECT v."_parent_id", v."id", v."sku", v._begins
  FROM version AS v
)
SELECT count(*) FROM written;
-- Write rows, and begin a version of each. A row whose values did not change
-- keeps its version. A version begins with the run, or just after the last
-- version of the row, if the clock stepped back.
-- The versions of each row are found by the index: an aggregate in LATERAL, and
-- comparisons with >= and <=, cannot become a join that reads the whole history,
-- which may be many times larger than the table.
-- $1: loaded_at
WITH written AS (
INSERT INTO "acme"."products_variants" AS t ("_parent_id", "id", "sku", "_hash", _loaded_at)
SELECT s."_parent_id", s."id", s."sku", s."_hash", $1::timestamptz
FROM "acme"."_stage_1_2" AS s, "acme"."_stage_1_2_changes" AS c
WHERE c.is_new AND s.ctid = c.place

RETURNING t."_parent_id", t."id", t."sku"
), version AS (
  SELECT w.*, known._opened,
         greatest($1::timestamptz, known.ended + interval '1 microsecond')
           AS _begins
  FROM written AS w
  CROSS JOIN LATERAL (
    SELECT max(coalesce(h._valid_to, h._valid_from)) AS ended,
           max(h._valid_from) FILTER (WHERE h._valid_to IS NULL) AS _opened,
           bool_or(h._valid_to IS NULL
                   AND ROW(h."_parent_id", h."id", h."sku")::record
                       *= ROW(w."_parent_id", w."id", w."sku")::record) AS is_same
    FROM "acme"."products_variants_history" AS h
    WHERE h."_parent_id" = w."_parent_id" AND h."id" = w."id") AS known
  WHERE known.is_same IS NOT TRUE
), closed AS (
  UPDATE "acme"."products_variants_history" AS h
  SET _valid_to = v._begins
  FROM version AS v
  WHERE v._opened IS NOT NULL
    AND (h."_parent_id", h."id", h._valid_from) >= (v."_parent_id", v."id", v._opened)
    AND (h."_parent_id", h."id", h._valid_from) <= (v."_parent_id", v."id", v._opened)
    AND h._valid_to IS NULL
), opened AS (
  INSERT INTO "acme"."products_variants_history" ("_parent_id", "id", "sku", _valid_from)
  SELECT v."_parent_id", v."id", v."sku", v._begins
  FROM version AS v
)
SELECT count(*) FROM written;
-- Remove rows or mark them, and end their versions. The keys are compared with
-- >= and <=, because then each version is found by the index. The planner
-- expects far more removed rows than there are, and with = it would read the
-- whole history, which may be many times larger than the table.
-- $1: loaded_at
WITH written AS (
DELETE FROM ONLY "acme"."products_variants" AS t
WHERE NOT EXISTS (SELECT FROM "acme"."_stage_1_2" AS s WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id")

RETURNING t."_parent_id", t."id"
), closed AS (
  UPDATE "acme"."products_variants_history" AS h
  SET _valid_to = greatest($1::timestamptz,
                           h._valid_from + interval '1 microsecond')
  FROM written AS w
  WHERE (h."_parent_id", h."id") >= (w."_parent_id", w."id")
    AND (h."_parent_id", h."id") <= (w."_parent_id", w."id")
    AND h._valid_to IS NULL
)
SELECT count(*) FROM written;

-- ==== Staging
CREATE UNLOGGED TABLE "acme"."_stage_1_1" (
    "_line" bigint,
    "_count_2" integer,
    "id" bigint NOT NULL,
    "title" text,
    "_hash" bigint
);
INSERT INTO "acme"."_stage_1_1" SELECT * FROM pg_catalog.unnest($1::"acme"."_stage_1_1"[]);
CREATE UNLOGGED TABLE "acme"."_stage_1_2" (
    "_line" bigint,
    "_parent_id" bigint NOT NULL,
    "id" bigint NOT NULL,
    "sku" text,
    "_hash" bigint
);
INSERT INTO "acme"."_stage_1_2" SELECT * FROM pg_catalog.unnest($1::"acme"."_stage_1_2"[]);
CREATE UNLOGGED TABLE "acme"."_stage_1_3" (
    "_line" bigint,
    "_parent_id" bigint NOT NULL,
    "id" bigint NOT NULL,
    "key" text,
    "_hash" bigint
);
INSERT INTO "acme"."_stage_1_3" SELECT * FROM pg_catalog.unnest($1::"acme"."_stage_1_3"[]);
CREATE UNLOGGED TABLE "acme"."_stage_1_4" (
    "_line" bigint,
    "_pos" integer,
    "_parent_id" bigint NOT NULL,
    "id" bigint NOT NULL,
    "name" text,
    "_hash" bigint
);
INSERT INTO "acme"."_stage_1_4" SELECT * FROM pg_catalog.unnest($1::"acme"."_stage_1_4"[]);

-- ==== Pages that are read again: products
-- A step of a removal: delete staged rows that will be read again, or that have
-- gone meanwhile. The rows of the current page stay.
-- $1: _line of the page's first line, $2: JSON array of parents' ids, of rows'
-- ids, or of both
-- A step of a removal: delete the staged rows below those that the step of their
-- parents deleted. The rows of a list are in the lines of their parents. Other
-- rows stay if their parent is staged a second time, below another parent of
-- its own.
WITH r1 AS (
  DELETE FROM "acme"."_stage_1_1" AS s
  WHERE s._line < $1::bigint
  RETURNING s._line, s."id" AS id
)
, r2 AS (
  DELETE FROM "acme"."_stage_1_2" AS s
  WHERE s._line < $1::bigint
    AND s."_parent_id" IN (SELECT a.id FROM r1 AS a)
    AND NOT EXISTS (
      SELECT FROM "acme"."_stage_1_1" AS p
      WHERE p."id" = s."_parent_id" AND p._line < $1::bigint
        AND p._line NOT IN (SELECT a._line FROM r1 AS a))
  RETURNING s._line, s."id" AS id
)
, r3 AS (
  DELETE FROM "acme"."_stage_1_3" AS s
  WHERE s._line < $1::bigint
    AND s."_parent_id" IN (SELECT a.id FROM r2 AS a)
    AND NOT EXISTS (
      SELECT FROM "acme"."_stage_1_2" AS p
      WHERE p."id" = s."_parent_id" AND p._line < $1::bigint
        AND p._line NOT IN (SELECT a._line FROM r2 AS a))
  RETURNING s._line, s."id" AS id
)
, r4 AS (
  DELETE FROM "acme"."_stage_1_4" AS s
  WHERE s._line IN (SELECT a._line FROM r1 AS a)
  RETURNING s._line, s."id" AS id
)

SELECT 0 + (SELECT count(*) FROM r1) + (SELECT count(*) FROM r2) + (SELECT count(*) FROM r3), (SELECT count(*) FROM r1);
-- A step of a removal: delete staged rows that will be read again, or that have
-- gone meanwhile. The rows of the current page stay.
-- $1: _line of the page's first line, $2: JSON array of parents' ids, of rows'
-- ids, or of both
-- A step of a removal: delete the staged rows below those that the step of their
-- parents deleted. The rows of a list are in the lines of their parents. Other
-- rows stay if their parent is staged a second time, below another parent of
-- its own.
WITH r1 AS (
  DELETE FROM "acme"."_stage_1_1" AS s
  WHERE s._line < $1::bigint
    AND s."id" IN (
      SELECT v::bigint FROM json_array_elements_text($2::json) AS v)
  RETURNING s._line, s."id" AS id
)
, r2 AS (
  DELETE FROM "acme"."_stage_1_2" AS s
  WHERE s._line < $1::bigint
    AND s."_parent_id" IN (SELECT a.id FROM r1 AS a)
    AND NOT EXISTS (
      SELECT FROM "acme"."_stage_1_1" AS p
      WHERE p."id" = s."_parent_id" AND p._line < $1::bigint
        AND p._line NOT IN (SELECT a._line FROM r1 AS a))
  RETURNING s._line, s."id" AS id
)
, r3 AS (
  DELETE FROM "acme"."_stage_1_3" AS s
  WHERE s._line < $1::bigint
    AND s."_parent_id" IN (SELECT a.id FROM r2 AS a)
    AND NOT EXISTS (
      SELECT FROM "acme"."_stage_1_2" AS p
      WHERE p."id" = s."_parent_id" AND p._line < $1::bigint
        AND p._line NOT IN (SELECT a._line FROM r2 AS a))
  RETURNING s._line, s."id" AS id
)
, r4 AS (
  DELETE FROM "acme"."_stage_1_4" AS s
  WHERE s._line IN (SELECT a._line FROM r1 AS a)
  RETURNING s._line, s."id" AS id
)

SELECT 0 + (SELECT count(*) FROM r1) + (SELECT count(*) FROM r2) + (SELECT count(*) FROM r3), (SELECT count(*) FROM r1);

-- ==== Pages of a resumed run: products
-- A run is resumed: read which rows are staged, and below which parents, or
-- only these.
DECLARE staged NO SCROLL CURSOR FOR
SELECT DISTINCT NULL::text,
       "id"::text
FROM "acme"."_stage_1_1";
-- Read the next rows of list_staged.sql.
FETCH 10000 FROM staged;

-- ==== Pages with a type that widens: products
-- Set the hash of every staged row to NULL: a type has changed, and a hash
-- depends on the types of all columns. The next run updates these rows.
ALTER TABLE "acme"."_stage_1_1" ALTER COLUMN _hash TYPE bigint USING NULL::bigint;

-- ==== Loads with --ids: products
-- Create the table for the ids that list_gone.sql finds.
CREATE UNLOGGED TABLE "acme"."_stage_1_1_gone" (id bigint);
-- In a run with --ids, list the roots that do not exist any more and whose rows
-- will be removed, so that the rows below them can be removed, too.
-- $1: JSON array of ids
INSERT INTO "acme"."_stage_1_1_gone"
SELECT t."id" AS id
FROM ONLY "acme"."products" AS t
WHERE t."id" IN (
    SELECT v::bigint FROM json_array_elements_text($1::json) AS v)
  AND NOT EXISTS (SELECT FROM "acme"."_stage_1_1" AS s WHERE s."id" = t."id");
-- In a run with --ids, delete the roots that do not exist any more.
DELETE FROM ONLY "acme"."products" AS t
USING "acme"."_stage_1_1_gone" AS g
WHERE t."id" = g.id;
-- Count the rows that delete_named.sql or mark_named.sql would change.
SELECT count(*)
FROM ONLY "acme"."products" AS t, "acme"."_stage_1_1_gone" AS g
WHERE t."id" = g.id;

-- ==== Pages that are read again: products_variants
-- A step of a removal: delete staged rows that will be read again, or that have
-- gone meanwhile. The rows of the current page stay.
-- $1: _line of the page's first line, $2: JSON array of parents' ids, of rows'
-- ids, or of both
-- A step of a removal: delete the staged rows below those that the step of their
-- parents deleted. The rows of a list are in the lines of their parents. Other
-- rows stay if their parent is staged a second time, below another parent of
-- its own.
WITH r2 AS (
  DELETE FROM "acme"."_stage_1_2" AS s
  WHERE s._line < $1::bigint
    AND s."_parent_id" IN (
      SELECT v::bigint FROM json_array_elements_text($2::json) AS v)
  RETURNING s._line, s."id" AS id
)
, r3 AS (
  DELETE FROM "acme"."_stage_1_3" AS s
  WHERE s._line < $1::bigint
    AND s."_parent_id" IN (SELECT a.id FROM r2 AS a)
    AND NOT EXISTS (
      SELECT FROM "acme"."_stage_1_2" AS p
      WHERE p."id" = s."_parent_id" AND p._line < $1::bigint
        AND p._line NOT IN (SELECT a._line FROM r2 AS a))
  RETURNING s._line, s."id" AS id
)

SELECT 0 + (SELECT count(*) FROM r2) + (SELECT count(*) FROM r3), 0;
-- A step of a removal: delete staged rows that will be read again, or that have
-- gone meanwhile. The rows of the current page stay.
-- $1: _line of the page's first line, $2: JSON array of parents' ids, of rows'
-- ids, or of both
-- A step of a removal: delete the staged rows below those that the step of their
-- parents deleted. The rows of a list are in the lines of their parents. Other
-- rows stay if their parent is staged a second time, below another parent of
-- its own.
WITH r2 AS (
  DELETE FROM "acme"."_stage_1_2" AS s
  WHERE s._line < $1::bigint
    AND s."id" IN (
      SELECT v::bigint FROM json_array_elements_text($2::json) AS v)
  RETURNING s._line, s."id" AS id
)
, r3 AS (
  DELETE FROM "acme"."_stage_1_3" AS s
  WHERE s._line < $1::bigint
    AND s."_parent_id" IN (SELECT a.id FROM r2 AS a)
    AND NOT EXISTS (
      SELECT FROM "acme"."_stage_1_2" AS p
      WHERE p."id" = s."_parent_id" AND p._line < $1::bigint
        AND p._line NOT IN (SELECT a._line FROM r2 AS a))
  RETURNING s._line, s."id" AS id
)

SELECT 0 + (SELECT count(*) FROM r2) + (SELECT count(*) FROM r3), 0;

-- ==== Pages of a resumed run: products_variants
-- A run is resumed: read which rows are staged, and below which parents, or
-- only these.
DECLARE staged NO SCROLL CURSOR FOR
SELECT DISTINCT "_parent_id"::text,
       "id"::text
FROM "acme"."_stage_1_2";
-- Read the next rows of list_staged.sql.
FETCH 10000 FROM staged;

-- ==== Pages with a type that widens: products_variants
-- Set the hash of every staged row to NULL: a type has changed, and a hash
-- depends on the types of all columns. The next run updates these rows.
ALTER TABLE "acme"."_stage_1_2" ALTER COLUMN _hash TYPE bigint USING NULL::bigint;

-- ==== Pages that are read again: products_variants_metafields
-- A step of a removal: delete staged rows that will be read again, or that have
-- gone meanwhile. The rows of the current page stay.
-- $1: _line of the page's first line, $2: JSON array of parents' ids, of rows'
-- ids, or of both
WITH r3 AS (
  DELETE FROM "acme"."_stage_1_3" AS s
  WHERE s._line < $1::bigint
    AND s."_parent_id" IN (
      SELECT v::bigint FROM json_array_elements_text($2::json) AS v)
  RETURNING s._line, s."id" AS id
)

SELECT 0 + (SELECT count(*) FROM r3), 0;

-- ==== Pages of a resumed run: products_variants_metafields
-- A run is resumed: read which rows are staged, and below which parents, or
-- only these.
DECLARE staged NO SCROLL CURSOR FOR
SELECT DISTINCT "_parent_id"::text,
       "id"::text
FROM "acme"."_stage_1_3";
-- Read the next rows of list_staged.sql.
FETCH 10000 FROM staged;

-- ==== Pages with a type that widens: products_variants_metafields
-- Set the hash of every staged row to NULL: a type has changed, and a hash
-- depends on the types of all columns. The next run updates these rows.
ALTER TABLE "acme"."_stage_1_3" ALTER COLUMN _hash TYPE bigint USING NULL::bigint;

-- ==== Guards: products
-- Count the rows in staging.
SELECT count(*) FROM "acme"."_stage_1_1";
-- Find the columns that are NULL in every row in staging. Each test stops at
-- the first value, so it is fast if the column has values.
SELECT count(*),
       NOT EXISTS (SELECT FROM "acme"."_stage_1_1" WHERE "id" IS NOT NULL),
       NOT EXISTS (SELECT FROM "acme"."_stage_1_1" WHERE "title" IS NOT NULL);
-- Count the rows of the table and, for each of these columns, the rows that
-- have a value in it.
SELECT count(*), count(t."id"), count(t."title")
FROM ONLY "acme"."products" AS t;
-- Count the same, but only for the rows of the table whose keys are in staging,
-- and only if one of the columns is NULL in every row in staging. That is tested
-- once, before the tables are joined.
SELECT count(*), count(t."id"), count(t."title")
FROM ONLY "acme"."products" AS t
JOIN "acme"."_stage_1_1" AS s ON s."id" = t."id"
WHERE (NOT EXISTS (SELECT FROM "acme"."_stage_1_1" WHERE "id" IS NOT NULL) OR
       NOT EXISTS (SELECT FROM "acme"."_stage_1_1" WHERE "title" IS NOT NULL));
-- Count the rows of the table, without those that are marked as deleted.
SELECT count(*) FROM ONLY "acme"."products";

-- ==== First load: products
ALTER TABLE "acme"."_stage_1_1" ADD CONSTRAINT "products_pkey" PRIMARY KEY ("id");
ALTER TABLE "acme"."_stage_1_1" DROP COLUMN "_line", DROP COLUMN "_count_2", ADD COLUMN _loaded_at timestamptz DEFAULT 'now';
ALTER TABLE "acme"."_stage_1_1" ALTER COLUMN _loaded_at DROP DEFAULT;
ALTER TABLE "acme"."_stage_1_1" RENAME TO "products";
COMMENT ON TABLE "acme"."products" IS 'products: Product';
COMMENT ON COLUMN "acme"."products"."id" IS 'id: ID!; the number of gid://shopify/Product/<number>';
COMMENT ON COLUMN "acme"."products"."title" IS 'title: String!';
COMMENT ON COLUMN "acme"."products"."_hash" IS 'hash of the row''s values; NULL: the next merge writes the row';
COMMENT ON COLUMN "acme"."products"."_loaded_at" IS 'when the run that last changed the row began to load';

-- ==== Later loads: products
-- Delete the rows of lines that were rejected after some of their rows had been
-- sent.
-- $1: the numbers of these lines
DELETE FROM "acme"."_stage_1_1" WHERE _line = ANY ($1::bigint[]);
CREATE UNIQUE INDEX ON "acme"."_stage_1_1" ("id");
-- If several rows in staging have the same key, keep only the last one.
DELETE FROM "acme"."_stage_1_1" AS s
USING (SELECT ctid AS place,
              row_number() OVER (PARTITION BY "id"
                                 ORDER BY _line DESC) AS n
       FROM "acme"."_stage_1_1") AS d
WHERE s.ctid = d.place AND d.n > 1;
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_1_changes" AS
SELECT s.ctid AS place, t."id" IS NULL AS is_new
FROM "acme"."_stage_1_1" AS s
LEFT JOIN ONLY "acme"."products" AS t ON s."id" = t."id"
WHERE t."id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new),
       0
FROM "acme"."_stage_1_1_changes";
-- In a full run, delete the rows that are not in staging.
DELETE FROM ONLY "acme"."products" AS t
WHERE NOT EXISTS (SELECT FROM "acme"."_stage_1_1" AS s WHERE s."id" = t."id");
-- Update the changed rows. OFFSET 0 makes PostgreSQL find them in staging by
-- their places first, and only then join them with the table. Otherwise, if the
-- key has two columns, the planner expects very few matches in the table, joins
-- with the table first, and compares each match with all places.
-- $1: loaded_at
UPDATE ONLY "acme"."products" AS t
SET "title" = s."title", "_hash" = s."_hash", _loaded_at = $1::timestamptz
FROM (SELECT s.* FROM "acme"."_stage_1_1" AS s, "acme"."_stage_1_1_changes" AS c
      WHERE NOT c.is_new AND s.ctid = c.place OFFSET 0) AS s
WHERE s."id" = t."id";
-- Insert the new rows. In a first load, if staging cannot become the table, all
-- rows are new.
-- $1: loaded_at
INSERT INTO "acme"."products" AS t ("id", "title", "_hash", _loaded_at)
SELECT s."id", s."title", s."_hash", $1::timestamptz
FROM "acme"."_stage_1_1" AS s, "acme"."_stage_1_1_changes" AS c
WHERE c.is_new AND s.ctid = c.place;
-- After insert_new.sql and update_changed.sql: count the new rows and the
-- changed rows that are not in the table as they are in staging. Both counts
-- are 0, unless a trigger or a rule of the table changed or dropped rows.
SELECT count(*) FILTER (WHERE s.is_new), count(*) FILTER (WHERE NOT s.is_new)
FROM (SELECT s.*, c.is_new FROM "acme"."_stage_1_1" AS s, "acme"."_stage_1_1_changes" AS c
      WHERE s.ctid = c.place OFFSET 0) AS s
WHERE NOT EXISTS (SELECT FROM ONLY "acme"."products" AS t
        WHERE s."id" = t."id"
          AND t._hash IS NOT DISTINCT FROM s._hash);

-- ==== Later loads, other hashes: products
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_1_changes" AS
SELECT s.ctid AS place, t."id" IS NULL AS is_new,
       t._hash IS NOT NULL
         AND ROW(t."id", t."title")::record
             *= ROW(s."id", s."title")::record AS is_same
FROM "acme"."_stage_1_1" AS s
LEFT JOIN ONLY "acme"."products" AS t ON s."id" = t."id"
WHERE t."id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new AND NOT is_same),
       count(*) FILTER (WHERE NOT is_new AND is_same)
FROM "acme"."_stage_1_1_changes";
-- Update the changed rows. OFFSET 0 makes PostgreSQL find them in staging by
-- their places first, and only then join them with the table. Otherwise, if the
-- key has two columns, the planner expects very few matches in the table, joins
-- with the table first, and compares each match with all places.
-- $1: loaded_at
UPDATE ONLY "acme"."products" AS t
SET "title" = s."title", "_hash" = s."_hash", _loaded_at = $1::timestamptz
FROM (SELECT s.* FROM "acme"."_stage_1_1" AS s, "acme"."_stage_1_1_changes" AS c
      WHERE NOT c.is_new AND NOT c.is_same AND s.ctid = c.place OFFSET 0) AS s
WHERE s."id" = t."id";
-- Write the hashes, by their new definition, of rows whose values are the same.
UPDATE ONLY "acme"."products" AS t
SET _hash = s._hash
FROM (SELECT s.* FROM "acme"."_stage_1_1" AS s, "acme"."_stage_1_1_changes" AS c
      WHERE NOT c.is_new AND c.is_same AND s.ctid = c.place OFFSET 0) AS s
WHERE s."id" = t."id";

-- ==== Guards: products_variants
-- Count the rows in staging.
SELECT count(*) FROM "acme"."_stage_1_2";
-- Find the columns that are NULL in every row in staging. Each test stops at
-- the first value, so it is fast if the column has values.
SELECT count(*),
       NOT EXISTS (SELECT FROM "acme"."_stage_1_2" WHERE "id" IS NOT NULL),
       NOT EXISTS (SELECT FROM "acme"."_stage_1_2" WHERE "sku" IS NOT NULL);
-- Count the rows of the table and, for each of these columns, the rows that
-- have a value in it.
SELECT count(*), count(t."id"), count(t."sku")
FROM ONLY "acme"."products_variants" AS t;
-- Count the same, but only for the rows of the table whose keys are in staging,
-- and only if one of the columns is NULL in every row in staging. That is tested
-- once, before the tables are joined.
SELECT count(*), count(t."id"), count(t."sku")
FROM ONLY "acme"."products_variants" AS t
JOIN "acme"."_stage_1_2" AS s ON s."_parent_id" = t."_parent_id" AND s."id" = t."id"
WHERE (NOT EXISTS (SELECT FROM "acme"."_stage_1_2" WHERE "id" IS NOT NULL) OR
       NOT EXISTS (SELECT FROM "acme"."_stage_1_2" WHERE "sku" IS NOT NULL));
-- Find parents whose connection may have been truncated. Return the number of
-- parents of each kind, and the first few of them. A negative count means that
-- the count may be out of date.
SELECT kind, parents, id, counted, came
FROM (SELECT *, count(*) OVER (PARTITION BY kind) AS parents,
             row_number() OVER (PARTITION BY kind ORDER BY id) AS n
      FROM (SELECT CASE WHEN counted > 0 THEN 0
                        WHEN counted < 0 THEN 1
                        ELSE 2 END AS kind,
                   id, max(abs(counted)) AS counted,
                   max(coalesce(came, 0)) AS came
            FROM (SELECT "_parent_id" AS id, count(*) AS came
                  FROM "acme"."_stage_1_2" GROUP BY 1) AS c
            FULL JOIN (SELECT "id" AS id, "_count_2" AS counted
                       FROM "acme"."_stage_1_1") AS p USING (id)
            WHERE abs(counted) > coalesce(came, 0)
               OR (counted IS NULL AND came IN (100, 250))
            GROUP BY 1, 2) AS d) AS e
WHERE n <= 3
ORDER BY kind, id;
-- Count the rows of the table, without those that are marked as deleted.
SELECT count(*) FROM ONLY "acme"."products_variants";

-- ==== First load: products_variants
ALTER TABLE "acme"."_stage_1_2" ADD CONSTRAINT "products_variants_pkey" PRIMARY KEY ("_parent_id", "id");
CREATE INDEX "products_variants_id_idx" ON "acme"."_stage_1_2" ("id");
ALTER TABLE "acme"."_stage_1_2" DROP COLUMN "_line", ADD COLUMN _loaded_at timestamptz DEFAULT 'now';
ALTER TABLE "acme"."_stage_1_2" ALTER COLUMN _loaded_at DROP DEFAULT;
ALTER TABLE "acme"."_stage_1_2" RENAME TO "products_variants";
COMMENT ON TABLE "acme"."products_variants" IS 'products.variants: ProductVariant';
COMMENT ON COLUMN "acme"."products_variants"."_parent_id" IS 'id of the row''s parent in products; the number of gid://shopify/Product/<number>';
COMMENT ON COLUMN "acme"."products_variants"."id" IS 'id: ID!; the number of gid://shopify/ProductVariant/<number>';
COMMENT ON COLUMN "acme"."products_variants"."sku" IS 'sku: String';
COMMENT ON COLUMN "acme"."products_variants"."_hash" IS 'hash of the row''s values; NULL: the next merge writes the row';
COMMENT ON COLUMN "acme"."products_variants"."_loaded_at" IS 'when the run that last changed the row began to load';

-- ==== Later loads: products_variants
-- Delete the rows of lines that were rejected after some of their rows had been
-- sent.
-- $1: the numbers of these lines
DELETE FROM "acme"."_stage_1_2" WHERE _line = ANY ($1::bigint[]);
CREATE UNIQUE INDEX ON "acme"."_stage_1_2" ("_parent_id", "id");
-- If several rows in staging have the same key, keep only the last one.
DELETE FROM "acme"."_stage_1_2" AS s
USING (SELECT ctid AS place,
              row_number() OVER (PARTITION BY "_parent_id", "id"
                                 ORDER BY _line DESC) AS n
       FROM "acme"."_stage_1_2") AS d
WHERE s.ctid = d.place AND d.n > 1;
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_2_changes" AS
SELECT s.ctid AS place, t."_parent_id" IS NULL AS is_new
FROM "acme"."_stage_1_2" AS s
LEFT JOIN ONLY "acme"."products_variants" AS t ON s."_parent_id" = t."_parent_id" AND s."id" = t."id"
WHERE t."_parent_id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new),
       0
FROM "acme"."_stage_1_2_changes";
-- In a full run, delete the rows that are not in staging.
DELETE FROM ONLY "acme"."products_variants" AS t
WHERE NOT EXISTS (SELECT FROM "acme"."_stage_1_2" AS s WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id");
-- Create the table for the ids that list_gone.sql finds.
CREATE UNLOGGED TABLE "acme"."_stage_1_2_gone" (id bigint);
-- Before an incremental run removes rows, list the ids of these rows, so that
-- the rows below them can be removed, too.
INSERT INTO "acme"."_stage_1_2_gone"
SELECT DISTINCT t."id" AS id
FROM ONLY "acme"."products_variants" AS t,
     (SELECT DISTINCT "id" AS id FROM "acme"."_stage_1_1") AS p
WHERE t."_parent_id" = p.id
  AND NOT EXISTS (SELECT FROM "acme"."_stage_1_2" AS s WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id");
-- In an incremental run, delete the rows that are not in staging although their
-- parent is.
DELETE FROM ONLY "acme"."products_variants" AS t
USING (SELECT DISTINCT "id" AS id FROM "acme"."_stage_1_1") AS p
WHERE t."_parent_id" = p.id
  AND NOT EXISTS (SELECT FROM "acme"."_stage_1_2" AS s WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id");
-- Update the changed rows. OFFSET 0 makes PostgreSQL find them in staging by
-- their places first, and only then join them with the table. Otherwise, if the
-- key has two columns, the planner expects very few matches in the table, joins
-- with the table first, and compares each match with all places.
-- $1: loaded_at
UPDATE ONLY "acme"."products_variants" AS t
SET "sku" = s."sku", "_hash" = s."_hash", _loaded_at = $1::timestamptz
FROM (SELECT s.* FROM "acme"."_stage_1_2" AS s, "acme"."_stage_1_2_changes" AS c
      WHERE NOT c.is_new AND s.ctid = c.place OFFSET 0) AS s
WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id";
-- Insert the new rows. In a first load, if staging cannot become the table, all
-- rows are new.
-- $1: loaded_at
INSERT INTO "acme"."products_variants" AS t ("_parent_id", "id", "sku", "_hash", _loaded_at)
SELECT s."_parent_id", s."id", s."sku", s."_hash", $1::timestamptz
FROM "acme"."_stage_1_2" AS s, "acme"."_stage_1_2_changes" AS c
WHERE c.is_new AND s.ctid = c.place;
-- After insert_new.sql and update_changed.sql: count the new rows and the
-- changed rows that are not in the table as they are in staging. Both counts
-- are 0, unless a trigger or a rule of the table changed or dropped rows.
SELECT count(*) FILTER (WHERE s.is_new), count(*) FILTER (WHERE NOT s.is_new)
FROM (SELECT s.*, c.is_new FROM "acme"."_stage_1_2" AS s, "acme"."_stage_1_2_changes" AS c
      WHERE s.ctid = c.place OFFSET 0) AS s
WHERE NOT EXISTS (SELECT FROM ONLY "acme"."products_variants" AS t
        WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id"
          AND t._hash IS NOT DISTINCT FROM s._hash);

-- ==== Later full loads that send what changed: products_variants
-- How many rows the table has that a full run may find unchanged; -1: it has
-- rows marked as gone that the run would not mark.
(SELECT count(*)
 FROM ONLY "acme"."products_variants");
-- Before a full run: the hashes of the rows that the table has.
SELECT _hash FROM ONLY "acme"."products_variants";
-- In the merge: are these still the rows that read_hashes.sql read?
(SELECT count(*)::text || ' ' || count(_hash) || ' ' || coalesce(bit_xor(_hash), 0)
 FROM ONLY "acme"."products_variants");
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_2_changes" AS
SELECT s.ctid AS place, t."_parent_id" IS NULL AS is_new,
       t._hash AS old_hash
FROM "acme"."_stage_1_2" AS s
LEFT JOIN ONLY "acme"."products_variants" AS t ON s."_parent_id" = t."_parent_id" AND s."id" = t."id"
WHERE t."_parent_id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new),
       0
FROM "acme"."_stage_1_2_changes";
-- The hashes that the rows to be updated have: none of them came unchanged.
SELECT old_hash FROM "acme"."_stage_1_2_changes" WHERE NOT is_new;
-- A table for hashes of rows: of those that are gone, or, if these are fewer,
-- of those that came unchanged.
CREATE UNLOGGED TABLE "acme"."_stage_1_2_hashes" (hash bigint);
-- Some of these hashes. 0 means the rows whose hash is NULL.
-- $1: the hashes
INSERT INTO "acme"."_stage_1_2_hashes" SELECT * FROM unnest($1::bigint[]);
-- A full run of which rows that came unchanged are not staged: delete the rows
-- that did not come.
DELETE FROM ONLY "acme"."products_variants" AS t
WHERE coalesce(t._hash, 0) IN (SELECT hash FROM "acme"."_stage_1_2_hashes")
  AND NOT EXISTS (SELECT FROM "acme"."_stage_1_2" AS s WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id");

-- ==== Later loads, other hashes: products_variants
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_2_changes" AS
SELECT s.ctid AS place, t."_parent_id" IS NULL AS is_new,
       t._hash IS NOT NULL
         AND ROW(t."_parent_id", t."id", t."sku")::record
             *= ROW(s."_parent_id", s."id", s."sku")::record AS is_same
FROM "acme"."_stage_1_2" AS s
LEFT JOIN ONLY "acme"."products_variants" AS t ON s."_parent_id" = t."_parent_id" AND s."id" = t."id"
WHERE t."_parent_id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new AND NOT is_same),
       count(*) FILTER (WHERE NOT is_new AND is_same)
FROM "acme"."_stage_1_2_changes";
-- Update the changed rows. OFFSET 0 makes PostgreSQL find them in staging by
-- their places first, and only then join them with the table. Otherwise, if the
-- key has two columns, the planner expects very few matches in the table, joins
-- with the table first, and compares each match with all places.
-- $1: loaded_at
UPDATE ONLY "acme"."products_variants" AS t
SET "sku" = s."sku", "_hash" = s."_hash", _loaded_at = $1::timestamptz
FROM (SELECT s.* FROM "acme"."_stage_1_2" AS s, "acme"."_stage_1_2_changes" AS c
      WHERE NOT c.is_new AND NOT c.is_same AND s.ctid = c.place OFFSET 0) AS s
WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id";
-- Write the hashes, by their new definition, of rows whose values are the same.
UPDATE ONLY "acme"."products_variants" AS t
SET _hash = s._hash
FROM (SELECT s.* FROM "acme"."_stage_1_2" AS s, "acme"."_stage_1_2_changes" AS c
      WHERE NOT c.is_new AND c.is_same AND s.ctid = c.place OFFSET 0) AS s
WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id";

-- ==== Guards: products_variants_metafields
-- Count the rows in staging.
SELECT count(*) FROM "acme"."_stage_1_3";
-- Find the columns that are NULL in every row in staging. Each test stops at
-- the first value, so it is fast if the column has values.
SELECT count(*),
       NOT EXISTS (SELECT FROM "acme"."_stage_1_3" WHERE "id" IS NOT NULL),
       NOT EXISTS (SELECT FROM "acme"."_stage_1_3" WHERE "key" IS NOT NULL);
-- Count the rows of the table and, for each of these columns, the rows that
-- have a value in it.
SELECT count(*), count(t."id"), count(t."key")
FROM ONLY "acme"."products_variants_metafields" AS t;
-- Count the same, but only for the rows of the table whose keys are in staging,
-- and only if one of the columns is NULL in every row in staging. That is tested
-- once, before the tables are joined.
SELECT count(*), count(t."id"), count(t."key")
FROM ONLY "acme"."products_variants_metafields" AS t
JOIN "acme"."_stage_1_3" AS s ON s."_parent_id" = t."_parent_id" AND s."id" = t."id"
WHERE (NOT EXISTS (SELECT FROM "acme"."_stage_1_3" WHERE "id" IS NOT NULL) OR
       NOT EXISTS (SELECT FROM "acme"."_stage_1_3" WHERE "key" IS NOT NULL));
-- Count the rows of the table, without those that are marked as deleted.
SELECT count(*) FROM ONLY "acme"."products_variants_metafields";

-- ==== First load: products_variants_metafields
ALTER TABLE "acme"."_stage_1_3" ADD CONSTRAINT "products_variants_metafields_pkey" PRIMARY KEY ("_parent_id", "id");
CREATE INDEX "products_variants_metafields_id_idx" ON "acme"."_stage_1_3" ("id");
ALTER TABLE "acme"."_stage_1_3" DROP COLUMN "_line", ADD COLUMN _loaded_at timestamptz DEFAULT 'now';
ALTER TABLE "acme"."_stage_1_3" ALTER COLUMN _loaded_at DROP DEFAULT;
ALTER TABLE "acme"."_stage_1_3" RENAME TO "products_variants_metafields";
COMMENT ON TABLE "acme"."products_variants_metafields" IS 'products.variants.metafields: Metafield';
COMMENT ON COLUMN "acme"."products_variants_metafields"."_parent_id" IS 'id of the row''s parent in products.variants; the number of gid://shopify/ProductVariant/<number>';
COMMENT ON COLUMN "acme"."products_variants_metafields"."id" IS 'id: ID!; the number of gid://shopify/Metafield/<number>';
COMMENT ON COLUMN "acme"."products_variants_metafields"."key" IS 'key: String!';
COMMENT ON COLUMN "acme"."products_variants_metafields"."_hash" IS 'hash of the row''s values; NULL: the next merge writes the row';
COMMENT ON COLUMN "acme"."products_variants_metafields"."_loaded_at" IS 'when the run that last changed the row began to load';

-- ==== Later loads: products_variants_metafields
-- Delete the rows of lines that were rejected after some of their rows had been
-- sent.
-- $1: the numbers of these lines
DELETE FROM "acme"."_stage_1_3" WHERE _line = ANY ($1::bigint[]);
CREATE UNIQUE INDEX ON "acme"."_stage_1_3" ("_parent_id", "id");
-- If several rows in staging have the same key, keep only the last one.
DELETE FROM "acme"."_stage_1_3" AS s
USING (SELECT ctid AS place,
              row_number() OVER (PARTITION BY "_parent_id", "id"
                                 ORDER BY _line DESC) AS n
       FROM "acme"."_stage_1_3") AS d
WHERE s.ctid = d.place AND d.n > 1;
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_3_changes" AS
SELECT s.ctid AS place, t."_parent_id" IS NULL AS is_new
FROM "acme"."_stage_1_3" AS s
LEFT JOIN ONLY "acme"."products_variants_metafields" AS t ON s."_parent_id" = t."_parent_id" AND s."id" = t."id"
WHERE t."_parent_id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new),
       0
FROM "acme"."_stage_1_3_changes";
-- In a full run, delete the rows that are not in staging.
DELETE FROM ONLY "acme"."products_variants_metafields" AS t
WHERE NOT EXISTS (SELECT FROM "acme"."_stage_1_3" AS s WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id");
-- In an incremental run, delete the rows that are not in staging although their
-- parent is.
DELETE FROM ONLY "acme"."products_variants_metafields" AS t
USING (SELECT DISTINCT "id" AS id FROM "acme"."_stage_1_2") AS p
WHERE t."_parent_id" = p.id
  AND NOT EXISTS (SELECT FROM "acme"."_stage_1_3" AS s WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id");
-- In an incremental run, delete the rows below a parent that is gone. A parent
-- that only moved to another row, and is still in its table, is not gone.
DELETE FROM ONLY "acme"."products_variants_metafields" AS t
USING "acme"."_stage_1_2_gone" AS g
WHERE t."_parent_id" = g.id
  AND NOT EXISTS (SELECT FROM ONLY "acme"."products_variants" AS p
                  WHERE p."id" = g.id);
-- Update the changed rows. OFFSET 0 makes PostgreSQL find them in staging by
-- their places first, and only then join them with the table. Otherwise, if the
-- key has two columns, the planner expects very few matches in the table, joins
-- with the table first, and compares each match with all places.
-- $1: loaded_at
UPDATE ONLY "acme"."products_variants_metafields" AS t
SET "key" = s."key", "_hash" = s."_hash", _loaded_at = $1::timestamptz
FROM (SELECT s.* FROM "acme"."_stage_1_3" AS s, "acme"."_stage_1_3_changes" AS c
      WHERE NOT c.is_new AND s.ctid = c.place OFFSET 0) AS s
WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id";
-- Insert the new rows. In a first load, if staging cannot become the table, all
-- rows are new.
-- $1: loaded_at
INSERT INTO "acme"."products_variants_metafields" AS t ("_parent_id", "id", "key", "_hash", _loaded_at)
SELECT s."_parent_id", s."id", s."key", s."_hash", $1::timestamptz
FROM "acme"."_stage_1_3" AS s, "acme"."_stage_1_3_changes" AS c
WHERE c.is_new AND s.ctid = c.place;
-- After insert_new.sql and update_changed.sql: count the new rows and the
-- changed rows that are not in the table as they are in staging. Both counts
-- are 0, unless a trigger or a rule of the table changed or dropped rows.
SELECT count(*) FILTER (WHERE s.is_new), count(*) FILTER (WHERE NOT s.is_new)
FROM (SELECT s.*, c.is_new FROM "acme"."_stage_1_3" AS s, "acme"."_stage_1_3_changes" AS c
      WHERE s.ctid = c.place OFFSET 0) AS s
WHERE NOT EXISTS (SELECT FROM ONLY "acme"."products_variants_metafields" AS t
        WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id"
          AND t._hash IS NOT DISTINCT FROM s._hash);

-- ==== Later full loads that send what changed: products_variants_metafields
-- How many rows the table has that a full run may find unchanged; -1: it has
-- rows marked as gone that the run would not mark.
(SELECT count(*)
 FROM ONLY "acme"."products_variants_metafields");
-- Before a full run: the hashes of the rows that the table has.
SELECT _hash FROM ONLY "acme"."products_variants_metafields";
-- In the merge: are these still the rows that read_hashes.sql read?
(SELECT count(*)::text || ' ' || count(_hash) || ' ' || coalesce(bit_xor(_hash), 0)
 FROM ONLY "acme"."products_variants_metafields");
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_3_changes" AS
SELECT s.ctid AS place, t."_parent_id" IS NULL AS is_new,
       t._hash AS old_hash
FROM "acme"."_stage_1_3" AS s
LEFT JOIN ONLY "acme"."products_variants_metafields" AS t ON s."_parent_id" = t."_parent_id" AND s."id" = t."id"
WHERE t."_parent_id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new),
       0
FROM "acme"."_stage_1_3_changes";
-- The hashes that the rows to be updated have: none of them came unchanged.
SELECT old_hash FROM "acme"."_stage_1_3_changes" WHERE NOT is_new;
-- A table for hashes of rows: of those that are gone, or, if these are fewer,
-- of those that came unchanged.
CREATE UNLOGGED TABLE "acme"."_stage_1_3_hashes" (hash bigint);
-- Some of these hashes. 0 means the rows whose hash is NULL.
-- $1: the hashes
INSERT INTO "acme"."_stage_1_3_hashes" SELECT * FROM unnest($1::bigint[]);
-- A full run of which rows that came unchanged are not staged: delete the rows
-- that did not come.
DELETE FROM ONLY "acme"."products_variants_metafields" AS t
WHERE coalesce(t._hash, 0) IN (SELECT hash FROM "acme"."_stage_1_3_hashes")
  AND NOT EXISTS (SELECT FROM "acme"."_stage_1_3" AS s WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id");

-- ==== Later loads, other hashes: products_variants_metafields
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_3_changes" AS
SELECT s.ctid AS place, t."_parent_id" IS NULL AS is_new,
       t._hash IS NOT NULL
         AND ROW(t."_parent_id", t."id", t."key")::record
             *= ROW(s."_parent_id", s."id", s."key")::record AS is_same
FROM "acme"."_stage_1_3" AS s
LEFT JOIN ONLY "acme"."products_variants_metafields" AS t ON s."_parent_id" = t."_parent_id" AND s."id" = t."id"
WHERE t."_parent_id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new AND NOT is_same),
       count(*) FILTER (WHERE NOT is_new AND is_same)
FROM "acme"."_stage_1_3_changes";
-- Update the changed rows. OFFSET 0 makes PostgreSQL find them in staging by
-- their places first, and only then join them with the table. Otherwise, if the
-- key has two columns, the planner expects very few matches in the table, joins
-- with the table first, and compares each match with all places.
-- $1: loaded_at
UPDATE ONLY "acme"."products_variants_metafields" AS t
SET "key" = s."key", "_hash" = s."_hash", _loaded_at = $1::timestamptz
FROM (SELECT s.* FROM "acme"."_stage_1_3" AS s, "acme"."_stage_1_3_changes" AS c
      WHERE NOT c.is_new AND NOT c.is_same AND s.ctid = c.place OFFSET 0) AS s
WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id";
-- Write the hashes, by their new definition, of rows whose values are the same.
UPDATE ONLY "acme"."products_variants_metafields" AS t
SET _hash = s._hash
FROM (SELECT s.* FROM "acme"."_stage_1_3" AS s, "acme"."_stage_1_3_changes" AS c
      WHERE NOT c.is_new AND c.is_same AND s.ctid = c.place OFFSET 0) AS s
WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id";

-- ==== Guards: products_options
-- Count the rows in staging.
SELECT count(*) FROM "acme"."_stage_1_4";
-- Find the columns that are NULL in every row in staging. Each test stops at
-- the first value, so it is fast if the column has values.
SELECT count(*),
       NOT EXISTS (SELECT FROM "acme"."_stage_1_4" WHERE "id" IS NOT NULL),
       NOT EXISTS (SELECT FROM "acme"."_stage_1_4" WHERE "name" IS NOT NULL);
-- Count the rows of the table and, for each of these columns, the rows that
-- have a value in it.
SELECT count(*), count(t."id"), count(t."name")
FROM ONLY "acme"."products_options" AS t;
-- Count the same, but only for the rows of the table whose keys are in staging,
-- and only if one of the columns is NULL in every row in staging. That is tested
-- once, before the tables are joined.
SELECT count(*), count(t."id"), count(t."name")
FROM ONLY "acme"."products_options" AS t
JOIN "acme"."_stage_1_4" AS s ON s."_parent_id" = t."_parent_id" AND s."id" = t."id"
WHERE (NOT EXISTS (SELECT FROM "acme"."_stage_1_4" WHERE "id" IS NOT NULL) OR
       NOT EXISTS (SELECT FROM "acme"."_stage_1_4" WHERE "name" IS NOT NULL));
-- Count the rows of the table, without those that are marked as deleted.
SELECT count(*) FROM ONLY "acme"."products_options";

-- ==== First load: products_options
ALTER TABLE "acme"."_stage_1_4" ADD CONSTRAINT "products_options_pkey" PRIMARY KEY ("_parent_id", "id");
CREATE INDEX "products_options_id_idx" ON "acme"."_stage_1_4" ("id");
ALTER TABLE "acme"."_stage_1_4" DROP COLUMN "_line", DROP COLUMN "_pos", ADD COLUMN _loaded_at timestamptz DEFAULT 'now';
ALTER TABLE "acme"."_stage_1_4" ALTER COLUMN _loaded_at DROP DEFAULT;
ALTER TABLE "acme"."_stage_1_4" RENAME TO "products_options";
COMMENT ON TABLE "acme"."products_options" IS 'products.options: ProductOption';
COMMENT ON COLUMN "acme"."products_options"."_parent_id" IS 'id of the row''s parent in products; the number of gid://shopify/Product/<number>';
COMMENT ON COLUMN "acme"."products_options"."id" IS 'id: ID!; the number of gid://shopify/ProductOption/<number>';
COMMENT ON COLUMN "acme"."products_options"."name" IS 'name: String!';
COMMENT ON COLUMN "acme"."products_options"."_hash" IS 'hash of the row''s values; NULL: the next merge writes the row';
COMMENT ON COLUMN "acme"."products_options"."_loaded_at" IS 'when the run that last changed the row began to load';

-- ==== Later loads: products_options
-- Delete the rows of lines that were rejected after some of their rows had been
-- sent.
-- $1: the numbers of these lines
DELETE FROM "acme"."_stage_1_4" WHERE _line = ANY ($1::bigint[]);
-- For a list: if a parent is in the result more than once, keep only the rows
-- of its last occurrence, which is on a later line or, for a list in another
-- list, later on the same line.
DELETE FROM "acme"."_stage_1_4" AS s
USING (SELECT "id" AS id,
              max(_line) AS last
       FROM "acme"."_stage_1_1"
       GROUP BY 1 HAVING count(*) > 1) AS d
WHERE s."_parent_id" = d.id
  AND s._line < d.last;
CREATE UNIQUE INDEX ON "acme"."_stage_1_4" ("_parent_id", "id");
-- If several rows in staging have the same key, keep only the last one.
DELETE FROM "acme"."_stage_1_4" AS s
USING (SELECT ctid AS place,
              row_number() OVER (PARTITION BY "_parent_id", "id"
                                 ORDER BY _line DESC, _pos DESC) AS n
       FROM "acme"."_stage_1_4") AS d
WHERE s.ctid = d.place AND d.n > 1;
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_4_changes" AS
SELECT s.ctid AS place, t."_parent_id" IS NULL AS is_new
FROM "acme"."_stage_1_4" AS s
LEFT JOIN ONLY "acme"."products_options" AS t ON s."_parent_id" = t."_parent_id" AND s."id" = t."id"
WHERE t."_parent_id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new),
       0
FROM "acme"."_stage_1_4_changes";
-- In a full run, delete the rows that are not in staging.
DELETE FROM ONLY "acme"."products_options" AS t
WHERE NOT EXISTS (SELECT FROM "acme"."_stage_1_4" AS s WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id");
-- In an incremental run, delete the rows that are not in staging although their
-- parent is.
DELETE FROM ONLY "acme"."products_options" AS t
USING (SELECT DISTINCT "id" AS id FROM "acme"."_stage_1_1") AS p
WHERE t."_parent_id" = p.id
  AND NOT EXISTS (SELECT FROM "acme"."_stage_1_4" AS s WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id");
-- Update the changed rows. OFFSET 0 makes PostgreSQL find them in staging by
-- their places first, and only then join them with the table. Otherwise, if the
-- key has two columns, the planner expects very few matches in the table, joins
-- with the table first, and compares each match with all places.
-- $1: loaded_at
UPDATE ONLY "acme"."products_options" AS t
SET "name" = s."name", "_hash" = s."_hash", _loaded_at = $1::timestamptz
FROM (SELECT s.* FROM "acme"."_stage_1_4" AS s, "acme"."_stage_1_4_changes" AS c
      WHERE NOT c.is_new AND s.ctid = c.place OFFSET 0) AS s
WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id";
-- Insert the new rows. In a first load, if staging cannot become the table, all
-- rows are new.
-- $1: loaded_at
INSERT INTO "acme"."products_options" AS t ("_parent_id", "id", "name", "_hash", _loaded_at)
SELECT s."_parent_id", s."id", s."name", s."_hash", $1::timestamptz
FROM "acme"."_stage_1_4" AS s, "acme"."_stage_1_4_changes" AS c
WHERE c.is_new AND s.ctid = c.place;
-- After insert_new.sql and update_changed.sql: count the new rows and the
-- changed rows that are not in the table as they are in staging. Both counts
-- are 0, unless a trigger or a rule of the table changed or dropped rows.
SELECT count(*) FILTER (WHERE s.is_new), count(*) FILTER (WHERE NOT s.is_new)
FROM (SELECT s.*, c.is_new FROM "acme"."_stage_1_4" AS s, "acme"."_stage_1_4_changes" AS c
      WHERE s.ctid = c.place OFFSET 0) AS s
WHERE NOT EXISTS (SELECT FROM ONLY "acme"."products_options" AS t
        WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id"
          AND t._hash IS NOT DISTINCT FROM s._hash);

-- ==== Later loads, other hashes: products_options
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_4_changes" AS
SELECT s.ctid AS place, t."_parent_id" IS NULL AS is_new,
       t._hash IS NOT NULL
         AND ROW(t."_parent_id", t."id", t."name")::record
             *= ROW(s."_parent_id", s."id", s."name")::record AS is_same
FROM "acme"."_stage_1_4" AS s
LEFT JOIN ONLY "acme"."products_options" AS t ON s."_parent_id" = t."_parent_id" AND s."id" = t."id"
WHERE t."_parent_id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new AND NOT is_same),
       count(*) FILTER (WHERE NOT is_new AND is_same)
FROM "acme"."_stage_1_4_changes";
-- Update the changed rows. OFFSET 0 makes PostgreSQL find them in staging by
-- their places first, and only then join them with the table. Otherwise, if the
-- key has two columns, the planner expects very few matches in the table, joins
-- with the table first, and compares each match with all places.
-- $1: loaded_at
UPDATE ONLY "acme"."products_options" AS t
SET "name" = s."name", "_hash" = s."_hash", _loaded_at = $1::timestamptz
FROM (SELECT s.* FROM "acme"."_stage_1_4" AS s, "acme"."_stage_1_4_changes" AS c
      WHERE NOT c.is_new AND NOT c.is_same AND s.ctid = c.place OFFSET 0) AS s
WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id";
-- Write the hashes, by their new definition, of rows whose values are the same.
UPDATE ONLY "acme"."products_options" AS t
SET _hash = s._hash
FROM (SELECT s.* FROM "acme"."_stage_1_4" AS s, "acme"."_stage_1_4_changes" AS c
      WHERE NOT c.is_new AND c.is_same AND s.ctid = c.place OFFSET 0) AS s
WHERE s."_parent_id" = t."_parent_id" AND s."id" = t."id";

-- ==== Staging
CREATE UNLOGGED TABLE "acme"."_stage_1_1" (
    "_line" bigint,
    "id" bigint NOT NULL,
    "title" text,
    "_hash" bigint
);
INSERT INTO "acme"."_stage_1_1" SELECT * FROM pg_catalog.unnest($1::"acme"."_stage_1_1"[]);

-- ==== Pages that are read again: products
-- A step of a removal: delete staged rows that will be read again, or that have
-- gone meanwhile. The rows of the current page stay.
-- $1: _line of the page's first line, $2: JSON array of parents' ids, of rows'
-- ids, or of both
WITH r1 AS (
  DELETE FROM "acme"."_stage_1_1" AS s
  WHERE s._line < $1::bigint
  RETURNING s._line, s."id" AS id
)

SELECT 0 + (SELECT count(*) FROM r1), (SELECT count(*) FROM r1);

-- ==== Pages of a resumed run: products
-- A run is resumed: read which rows are staged, and below which parents, or
-- only these.
DECLARE staged NO SCROLL CURSOR FOR
SELECT DISTINCT NULL::text,
       "id"::text
FROM "acme"."_stage_1_1";
-- Read the next rows of list_staged.sql.
FETCH 10000 FROM staged;

-- ==== Pages with a type that widens: products
-- Set the hash of every staged row to NULL: a type has changed, and a hash
-- depends on the types of all columns. The next run updates these rows.
ALTER TABLE "acme"."_stage_1_1" ALTER COLUMN _hash TYPE bigint USING NULL::bigint;

-- ==== Loads with --ids: products
-- Create the table for the ids that list_gone.sql finds.
CREATE UNLOGGED TABLE "acme"."_stage_1_1_gone" (id bigint);
-- In a run with --ids, list the roots that do not exist any more and whose rows
-- will be removed, so that the rows below them can be removed, too.
-- $1: JSON array of ids
INSERT INTO "acme"."_stage_1_1_gone"
SELECT t."id" AS id
FROM ONLY "acme"."products" AS t
WHERE t."id" IN (
    SELECT v::bigint FROM json_array_elements_text($1::json) AS v)
  AND t._deleted_at IS NULL
  AND NOT EXISTS (SELECT FROM "acme"."_stage_1_1" AS s WHERE s."id" = t."id");
-- In a run with --ids, mark the roots that do not exist any more.
-- $1: loaded_at
UPDATE ONLY "acme"."products" AS t
SET _deleted_at = $1::timestamptz, _loaded_at = $1::timestamptz
FROM "acme"."_stage_1_1_gone" AS g
WHERE t."id" = g.id AND t._deleted_at IS NULL;
-- Count the rows that delete_named.sql or mark_named.sql would change.
SELECT count(*)
FROM ONLY "acme"."products" AS t, "acme"."_stage_1_1_gone" AS g
WHERE t."id" = g.id AND t._deleted_at IS NULL;

-- ==== Guards: products
-- Count the rows in staging.
SELECT count(*) FROM "acme"."_stage_1_1";
-- Find the columns that are NULL in every row in staging. Each test stops at
-- the first value, so it is fast if the column has values.
SELECT count(*),
       NOT EXISTS (SELECT FROM "acme"."_stage_1_1" WHERE "id" IS NOT NULL),
       NOT EXISTS (SELECT FROM "acme"."_stage_1_1" WHERE "title" IS NOT NULL);
-- Count the rows of the table and, for each of these columns, the rows that
-- have a value in it.
SELECT count(*), count(t."id"), count(t."title")
FROM ONLY "acme"."products" AS t WHERE t._deleted_at IS NULL;
-- Count the same, but only for the rows of the table whose keys are in staging,
-- and only if one of the columns is NULL in every row in staging. That is tested
-- once, before the tables are joined.
SELECT count(*), count(t."id"), count(t."title")
FROM ONLY "acme"."products" AS t
JOIN "acme"."_stage_1_1" AS s ON s."id" = t."id"
WHERE (NOT EXISTS (SELECT FROM "acme"."_stage_1_1" WHERE "id" IS NOT NULL) OR
       NOT EXISTS (SELECT FROM "acme"."_stage_1_1" WHERE "title" IS NOT NULL))
  AND t._deleted_at IS NULL;
-- Count the rows of the table, without those that are marked as deleted.
SELECT count(*) FROM ONLY "acme"."products" WHERE _deleted_at IS NULL;

-- ==== First load: products
ALTER TABLE "acme"."_stage_1_1" ADD CONSTRAINT "products_pkey" PRIMARY KEY ("id");
ALTER TABLE "acme"."_stage_1_1" DROP COLUMN "_line", ADD COLUMN _loaded_at timestamptz DEFAULT 'now', ADD COLUMN _deleted_at timestamptz;
ALTER TABLE "acme"."_stage_1_1" ALTER COLUMN _loaded_at DROP DEFAULT;
ALTER TABLE "acme"."_stage_1_1" RENAME TO "products";
COMMENT ON TABLE "acme"."products" IS 'products: Product';
COMMENT ON COLUMN "acme"."products"."id" IS 'id: ID!; the number of gid://shopify/Product/<number>';
COMMENT ON COLUMN "acme"."products"."title" IS 'title: String!';
COMMENT ON COLUMN "acme"."products"."_hash" IS 'hash of the row''s values; NULL: the next merge writes the row';
COMMENT ON COLUMN "acme"."products"."_loaded_at" IS 'when the run that last changed the row began to load';
COMMENT ON COLUMN "acme"."products"."_deleted_at" IS 'when bulkpg found that the row is gone from the store; NULL: the row exists there';

-- ==== Later loads: products
-- Delete the rows of lines that were rejected after some of their rows had been
-- sent.
-- $1: the numbers of these lines
DELETE FROM "acme"."_stage_1_1" WHERE _line = ANY ($1::bigint[]);
CREATE UNIQUE INDEX ON "acme"."_stage_1_1" ("id");
-- If several rows in staging have the same key, keep only the last one.
DELETE FROM "acme"."_stage_1_1" AS s
USING (SELECT ctid AS place,
              row_number() OVER (PARTITION BY "id"
                                 ORDER BY _line DESC) AS n
       FROM "acme"."_stage_1_1") AS d
WHERE s.ctid = d.place AND d.n > 1;
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_1_changes" AS
SELECT s.ctid AS place, t."id" IS NULL AS is_new
FROM "acme"."_stage_1_1" AS s
LEFT JOIN ONLY "acme"."products" AS t ON s."id" = t."id"
WHERE t."id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash
   OR t._deleted_at IS NOT NULL;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new),
       0
FROM "acme"."_stage_1_1_changes";
-- In a full run, mark the rows that are not in staging and are not marked yet.
-- $1: loaded_at
UPDATE ONLY "acme"."products" AS t
SET _deleted_at = $1::timestamptz, _loaded_at = $1::timestamptz
WHERE t._deleted_at IS NULL
  AND NOT EXISTS (SELECT FROM "acme"."_stage_1_1" AS s WHERE s."id" = t."id");
-- Update the changed rows. OFFSET 0 makes PostgreSQL find them in staging by
-- their places first, and only then join them with the table. Otherwise, if the
-- key has two columns, the planner expects very few matches in the table, joins
-- with the table first, and compares each match with all places.
-- $1: loaded_at
UPDATE ONLY "acme"."products" AS t
SET "title" = s."title", "_hash" = s."_hash", _loaded_at = $1::timestamptz, _deleted_at = NULL
FROM (SELECT s.* FROM "acme"."_stage_1_1" AS s, "acme"."_stage_1_1_changes" AS c
      WHERE NOT c.is_new AND s.ctid = c.place OFFSET 0) AS s
WHERE s."id" = t."id";
-- Insert the new rows. In a first load, if staging cannot become the table, all
-- rows are new.
-- $1: loaded_at
INSERT INTO "acme"."products" AS t ("id", "title", "_hash", _loaded_at)
SELECT s."id", s."title", s."_hash", $1::timestamptz
FROM "acme"."_stage_1_1" AS s, "acme"."_stage_1_1_changes" AS c
WHERE c.is_new AND s.ctid = c.place;
-- After insert_new.sql and update_changed.sql: count the new rows and the
-- changed rows that are not in the table as they are in staging. Both counts
-- are 0, unless a trigger or a rule of the table changed or dropped rows.
SELECT count(*) FILTER (WHERE s.is_new), count(*) FILTER (WHERE NOT s.is_new)
FROM (SELECT s.*, c.is_new FROM "acme"."_stage_1_1" AS s, "acme"."_stage_1_1_changes" AS c
      WHERE s.ctid = c.place OFFSET 0) AS s
WHERE NOT EXISTS (SELECT FROM ONLY "acme"."products" AS t
        WHERE s."id" = t."id"
          AND t._hash IS NOT DISTINCT FROM s._hash
          AND t._deleted_at IS NULL);

-- ==== Later full loads that send what changed: products
-- How many rows the table has that a full run may find unchanged; -1: it has
-- rows marked as gone that the run would not mark.
(SELECT count(*)
 FROM ONLY "acme"."products" WHERE _deleted_at IS NULL);
-- Before a full run: the hashes of the rows that the table has.
SELECT _hash FROM ONLY "acme"."products" WHERE _deleted_at IS NULL;
-- In the merge: are these still the rows that read_hashes.sql read?
(SELECT count(*)::text || ' ' || count(_hash) || ' ' || coalesce(bit_xor(_hash), 0)
 FROM ONLY "acme"."products" WHERE _deleted_at IS NULL);
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_1_changes" AS
SELECT s.ctid AS place, t."id" IS NULL AS is_new,
       t._hash AS old_hash, t._deleted_at IS NOT NULL AS was_gone
FROM "acme"."_stage_1_1" AS s
LEFT JOIN ONLY "acme"."products" AS t ON s."id" = t."id"
WHERE t."id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash
   OR t._deleted_at IS NOT NULL;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new),
       count(*) FILTER (WHERE was_gone)
FROM "acme"."_stage_1_1_changes";
-- The hashes that the rows to be updated have: none of them came unchanged.
SELECT old_hash FROM "acme"."_stage_1_1_changes" WHERE NOT is_new;
-- A table for hashes of rows: of those that are gone, or, if these are fewer,
-- of those that came unchanged.
CREATE UNLOGGED TABLE "acme"."_stage_1_1_hashes" (hash bigint);
-- Some of these hashes. 0 means the rows whose hash is NULL.
-- $1: the hashes
INSERT INTO "acme"."_stage_1_1_hashes" SELECT * FROM unnest($1::bigint[]);
-- A full run of which rows that came unchanged are not staged: mark the rows
-- that did not come, if they are not marked yet.
-- $1: loaded_at
UPDATE ONLY "acme"."products" AS t
SET _deleted_at = $1::timestamptz, _loaded_at = $1::timestamptz
WHERE t._deleted_at IS NULL
  AND coalesce(t._hash, 0) IN (SELECT hash FROM "acme"."_stage_1_1_hashes")
  AND NOT EXISTS (SELECT FROM "acme"."_stage_1_1" AS s WHERE s."id" = t."id");

-- ==== Later loads, other hashes: products
-- Compare staging with the table, once: list the places (ctid) of the rows in
-- staging that are new or changed. If the hashes in the table have another
-- definition, is_same says whether the values are the same, to the last byte.
-- The statement creates a table because PostgreSQL can use parallel workers for
-- that, but not for INSERT.
CREATE UNLOGGED TABLE "acme"."_stage_1_1_changes" AS
SELECT s.ctid AS place, t."id" IS NULL AS is_new,
       t._hash IS NOT NULL
         AND ROW(t."id", t."title")::record
             *= ROW(s."id", s."title")::record
         AND t._deleted_at IS NULL AS is_same
FROM "acme"."_stage_1_1" AS s
LEFT JOIN ONLY "acme"."products" AS t ON s."id" = t."id"
WHERE t."id" IS NULL
   OR t._hash IS DISTINCT FROM s._hash
   OR t._deleted_at IS NOT NULL;
-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new AND NOT is_same),
       count(*) FILTER (WHERE NOT is_new AND is_same)
FROM "acme"."_stage_1_1_changes";
-- Update the changed rows. OFFSET 0 makes PostgreSQL find them in staging by
-- their places first, and only then join them with the table. Otherwise, if the
-- key has two columns, the planner expects very few matches in the table, joins
-- with the table first, and compares each match with all places.
-- $1: loaded_at
UPDATE ONLY "acme"."products" AS t
SET "title" = s."title", "_hash" = s."_hash", _loaded_at = $1::timestamptz, _deleted_at = NULL
FROM (SELECT s.* FROM "acme"."_stage_1_1" AS s, "acme"."_stage_1_1_changes" AS c
      WHERE NOT c.is_new AND NOT c.is_same AND s.ctid = c.place OFFSET 0) AS s
WHERE s."id" = t."id";
-- Write the hashes, by their new definition, of rows whose values are the same.
UPDATE ONLY "acme"."products" AS t
SET _hash = s._hash
FROM (SELECT s.* FROM "acme"."_stage_1_1" AS s, "acme"."_stage_1_1_changes" AS c
      WHERE NOT c.is_new AND c.is_same AND s.ctid = c.place OFFSET 0) AS s
WHERE s."id" = t."id";
