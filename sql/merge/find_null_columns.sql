-- Which columns are NULL in every row that came? Each test stops at the first
-- value, so that it costs nothing if there is one.
SELECT count(*),
       {asked: NOT EXISTS (SELECT FROM {stage} WHERE x IS NOT NULL),
       ...}
