-- Change a column to a wider type. Its values get the form in which the store
-- writes them.
ALTER TABLE {table} ALTER COLUMN {column} TYPE {type}{?using  USING {using}};
