-- How many rows of the table have a value in these columns.
SELECT count(*), {asked: count(t.x), ...}
FROM {only}{table} AS t{?marked  WHERE t._deleted_at IS NULL}
