-- Write the hashes, by their new definition, of rows whose values are the same.
UPDATE {only}{table} AS t
SET _hash = s._hash
FROM (SELECT s.* FROM {stage} AS s, {changes} AS c
      WHERE NOT c.is_new AND c.is_same AND s.ctid = c.place OFFSET 0) AS s
WHERE {keys: s.x = t.x AND ...}
