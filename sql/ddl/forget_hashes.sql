-- Every row counts as changed in the next merge; at once, whatever the size of
-- the table.
ALTER TABLE {table} DROP COLUMN _hash, ADD COLUMN _hash bigint;
