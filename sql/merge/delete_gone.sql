-- In a full run, delete the rows that are not in staging.
DELETE FROM {only}{table} AS t
WHERE NOT EXISTS (SELECT FROM {stage} AS s WHERE {keys: s.x = t.x AND ...})
