-- Update the rows that changed. They are read by their places first: keys of
-- two columns look to the planner as if hardly a row had a match in the table,
-- and joined with that first, it would look through all places for each row.
-- $1: loaded_at
UPDATE {only}{table} AS t
SET {values: x = s.x, ...}, _loaded_at = $1::timestamptz{?marked , _deleted_at = NULL}
FROM (SELECT s.* FROM {stage} AS s, {changes} AS c
      WHERE NOT c.is_new AND s.ctid = c.place OFFSET 0) AS s
WHERE {keys: s.x = t.x AND ...}
