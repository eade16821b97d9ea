-- Create an index: on the id of a child table, or on a column with @index.
CREATE INDEX {index} ON {relation} ({column});
