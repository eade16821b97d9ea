-- After insert_new.sql and update_changed.sql: count the new rows and the
-- changed rows that are not in the table as they are in staging. Both counts
-- are 0, unless a trigger or a rule of the table changed or dropped rows.
SELECT count(*) FILTER (WHERE s.is_new), count(*) FILTER (WHERE NOT s.is_new)
FROM (SELECT s.*, c.is_new FROM {stage} AS s, {changes} AS c
      WHERE s.ctid = c.place{?by_value  AND (c.is_new OR NOT c.is_same)} OFFSET 0) AS s
WHERE NOT EXISTS (SELECT FROM {only}{table} AS t
        WHERE {keys: s.x = t.x AND ...}
          AND t._hash IS NOT DISTINCT FROM s._hash{?position 
          AND t._position IS NOT DISTINCT FROM s._position}{?marked 
          AND t._deleted_at IS NULL})
