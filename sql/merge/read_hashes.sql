-- Before a full run: the hashes of the rows that the table has.
SELECT _hash FROM {only}{table}{?marked  WHERE _deleted_at IS NULL}
