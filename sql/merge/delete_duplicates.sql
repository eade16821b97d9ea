-- If several rows in staging have the same key, keep only the last one.
DELETE FROM {stage} AS s
USING (SELECT ctid AS place,
              row_number() OVER (PARTITION BY {keys: x, ...}
                                 ORDER BY _line DESC{?list , _pos DESC}) AS n
       FROM {stage}) AS d
WHERE s.ctid = d.place AND d.n > 1
