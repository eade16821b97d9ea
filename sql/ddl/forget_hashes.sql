ALTER TABLE {table} DROP COLUMN _hash, ADD COLUMN _hash bigint;
