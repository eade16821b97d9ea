-- Add the primary key. Its name is derived from the table's name, even if the
-- relation is staging that will become the table.
ALTER TABLE {relation} ADD CONSTRAINT {key_name} PRIMARY KEY ({keys: x, ...});
