-- If a key came more than once, keep only the last row.
DELETE FROM {stage} AS s
USING (SELECT ctid AS place,
              row_number() OVER (PARTITION BY {keys: x, ...}
                                 ORDER BY _line DESC{?list , _pos DESC}) AS n
       FROM {stage}) AS d
WHERE s.ctid = d.place AND d.n > 1
