-- Number the different values of a column that gets a mask, so that no
-- statement has to contain them. The lock is taken before the work.
LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE;
CREATE TEMPORARY TABLE bulkpg_plain ON COMMIT DROP AS
SELECT row_number() OVER () AS n, v.plain
FROM (SELECT DISTINCT {column}::text AS plain FROM {table}
      WHERE {column} IS NOT NULL) AS v;
CREATE TEMPORARY TABLE bulkpg_masked (n bigint, masked text) ON COMMIT DROP;
DECLARE bulkpg_values NO SCROLL CURSOR FOR
SELECT n, plain FROM pg_temp.bulkpg_plain;
