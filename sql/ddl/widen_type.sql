-- A column gets a wider type, its values the form that the store gives them.
ALTER TABLE {table} ALTER COLUMN {column} TYPE {type}{?using  USING {using}};
