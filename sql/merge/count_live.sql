-- Count the rows of the table, without those that are marked as deleted.
SELECT count(*) FROM {only}{table}{?marked  WHERE _deleted_at IS NULL}
