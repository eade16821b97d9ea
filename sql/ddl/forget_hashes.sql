-- Set the hash of every row to NULL, so that the next merge updates all rows.
-- This is fast for tables of any size, because it does not rewrite the table.
ALTER TABLE {table} DROP COLUMN _hash, ADD COLUMN _hash bigint;
