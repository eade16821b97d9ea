-- Count the rows of the table and, for each of these columns, the rows that
-- have a value in it.
SELECT count(*), {asked: count(t.x), ...}
FROM {only}{table} AS t{?marked  WHERE t._deleted_at IS NULL}
