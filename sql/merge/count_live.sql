-- How many rows the table has, marked ones not.
SELECT count(*) FROM {only}{table}{?marked  WHERE _deleted_at IS NULL}
