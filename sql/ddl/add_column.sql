-- Add a column for a field that was added to the query.
ALTER TABLE {table} ADD COLUMN {column} {type};
