-- A table for hashes of rows: of those that are gone, or, if these are fewer,
-- of those that came unchanged.
CREATE UNLOGGED TABLE {hashes} (hash bigint)
