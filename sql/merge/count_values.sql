-- Count the rows of the table, and for each of these columns those that have a
-- value.
SELECT count(*), {asked: count(t.x), ...}
FROM {only}{table} AS t{?marked  WHERE t._deleted_at IS NULL}
