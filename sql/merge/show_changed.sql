-- In a dry run: insert, update or remove rows; return how many, and the keys of
-- the first ones. The keys of a child begin with the parent's id.
WITH written AS (
{change}
RETURNING {keys: t.x, ...}
)
SELECT (SELECT count(*) FROM written),
       (SELECT string_agg(e.key, ', ')
        FROM (SELECT concat_ws('/', {keys: w.x, ...}) AS key
              FROM written AS w
              ORDER BY {keys: w.x, ...}
              LIMIT {examples}) AS e)
