-- A child table's index on id, and those of @index.
CREATE INDEX {index} ON {relation} ({column});
