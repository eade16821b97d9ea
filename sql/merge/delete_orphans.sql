-- For a list in another list: delete the rows whose parent was deleted by
-- delete_superseded.sql.
DELETE FROM {stage} AS s
WHERE NOT EXISTS (SELECT FROM {parent_stage} AS p
                  WHERE p._line = s._line AND p._pos = s._parent_pos)
