-- Find the columns that are NULL in every row in staging. Each test stops at
-- the first value, so it is fast if the column has values.
SELECT count(*),
       {asked: NOT EXISTS (SELECT FROM {stage} WHERE x IS NOT NULL),
       ...}
