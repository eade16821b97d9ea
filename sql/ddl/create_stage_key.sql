-- Create a unique index on staging. This fails if two rows have the same key.
CREATE UNIQUE INDEX ON {stage} ({keys: x, ...});
