-- Set the hash of every staged row to NULL: a type has changed, and a hash
-- depends on the types of all columns. The next run updates these rows.
ALTER TABLE {stage} ALTER COLUMN _hash TYPE bigint USING NULL::bigint;
