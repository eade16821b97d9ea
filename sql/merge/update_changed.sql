-- Update the changed rows. OFFSET 0 makes PostgreSQL find them in staging by
-- their places first, and only then join them with the table. Otherwise, if the
-- key has two columns, the planner expects very few matches in the table, joins
-- with the table first, and compares each match with all places.
-- $1: loaded_at
UPDATE {only}{table} AS t
SET {values: x = s.x, ...}, _loaded_at = $1::timestamptz{?marked , _deleted_at = NULL}
FROM (SELECT s.* FROM {stage} AS s, {changes} AS c
      WHERE NOT c.is_new{?by_value  AND NOT c.is_same} AND s.ctid = c.place OFFSET 0) AS s
WHERE {keys: s.x = t.x AND ...}
