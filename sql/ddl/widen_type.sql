ALTER TABLE {table} ALTER COLUMN {column} TYPE {type}{?using  USING {using}};
