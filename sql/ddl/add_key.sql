ALTER TABLE {relation} ADD CONSTRAINT {key_name} PRIMARY KEY ({keys: x, ...});
