-- Check that no key came twice: creating the index fails if one did.
CREATE UNIQUE INDEX ON {stage} ({keys: x, ...});
