-- Number the rows below each parent, or all rows of the root, in the order of
-- the result.
UPDATE {stage} AS s SET {ordinal} = d.n - 1
FROM (SELECT ctid AS place,
             row_number() OVER ({?child PARTITION BY {parent_column} }ORDER BY _line{?list , _pos}) AS n
      FROM {stage}) AS d
WHERE s.ctid = d.place
