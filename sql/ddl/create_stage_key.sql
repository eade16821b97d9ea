-- Finds out whether a key came twice.
CREATE UNIQUE INDEX ON {stage} ({keys: x, ...});
