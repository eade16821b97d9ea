-- Find parents whose connection may have been truncated. Return the number of
-- parents of each kind, and the first few of them. A negative count means that
-- the count may be out of date.
SELECT kind, parents, id, counted, came
FROM (SELECT *, count(*) OVER (PARTITION BY kind) AS parents,
             row_number() OVER (PARTITION BY kind ORDER BY id) AS n
      FROM (SELECT CASE WHEN counted > 0 THEN {truncated}
                        WHEN counted < 0 THEN {maybe_truncated}
                        ELSE {round} END AS kind,
                   id, max(abs(counted)) AS counted,
                   max(coalesce(came, 0)) AS came
            FROM (SELECT {parent_column} AS id, count(*) AS came
                  FROM {stage} GROUP BY 1) AS c
            {?counted FULL JOIN (SELECT {parent_id} AS id, {count} AS counted
                       FROM {parent_stage}) AS p USING (id)
            }{?!counted CROSS JOIN (SELECT NULL::integer AS counted) AS p
            }WHERE abs(counted) > coalesce(came, 0)
               OR (counted IS NULL AND came IN (100, 250))
            GROUP BY 1, 2) AS d) AS e
WHERE n <= {examples}
ORDER BY kind, id
