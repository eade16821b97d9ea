-- A column that the query gained.
ALTER TABLE {table} ADD COLUMN {column} {type};
