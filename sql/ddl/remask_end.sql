-- Replace the values of a column by the masked ones. The table is rewritten, so
-- that no old row is left in it. The statement fires no trigger, which could
-- copy the old values.
CLOSE bulkpg_values;
CREATE TEMPORARY TABLE bulkpg_pair ON COMMIT DROP AS
SELECT p.plain, m.masked
FROM pg_temp.bulkpg_plain AS p
JOIN pg_temp.bulkpg_masked AS m USING (n);
CREATE INDEX ON pg_temp.bulkpg_pair USING hash (plain);
ANALYZE pg_temp.bulkpg_pair;
CREATE FUNCTION pg_temp.bulkpg_mask(value text) RETURNS text
  LANGUAGE plpgsql
  AS $$
BEGIN
  RETURN (SELECT p.masked FROM pg_temp.bulkpg_pair AS p WHERE p.plain = value);
END;
$$;
ALTER TABLE {table} ALTER COLUMN {column} TYPE {type} USING pg_temp.bulkpg_mask({column}::text)::{type};
DROP FUNCTION pg_temp.bulkpg_mask(text);
DROP TABLE pg_temp.bulkpg_plain, pg_temp.bulkpg_masked, pg_temp.bulkpg_pair;
