-- For a list: if a parent is in the result more than once, keep only the rows
-- of its last occurrence, which is on a later line or, for a list in another
-- list, later on the same line.
DELETE FROM {stage} AS s
USING (SELECT {parent_id} AS id,
              max({?nested ARRAY[_line, _pos]}{?!nested _line}) AS last
       FROM {parent_stage}
       GROUP BY 1 HAVING count(*) > 1) AS d
WHERE s.{parent_column} = d.id
  AND {?nested ARRAY[s._line, s._parent_pos]}{?!nested s._line} < d.last
