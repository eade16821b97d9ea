-- Count the same, but only for the rows of the table whose keys are in staging,
-- and only if one of the columns is NULL in every row in staging. That is tested
-- once, before the tables are joined.
SELECT count(*), {asked: count(t.x), ...}
FROM {only}{table} AS t
JOIN {stage} AS s ON {keys: s.x = t.x AND ...}
WHERE ({asked: NOT EXISTS (SELECT FROM {stage} WHERE x IS NOT NULL) OR
       ...}){?marked 
  AND t._deleted_at IS NULL}
