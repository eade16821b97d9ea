-- The primary key, under the name that it has once the relation is the table.
ALTER TABLE {relation} ADD CONSTRAINT {key_name} PRIMARY KEY ({keys: x, ...});
