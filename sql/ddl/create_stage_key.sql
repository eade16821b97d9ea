CREATE UNIQUE INDEX ON {stage} ({keys: x, ...});
