-- Set a column to NULL in every row, because its values cannot be masked, and
-- give it the type of the masked values.
ALTER TABLE {table} ALTER COLUMN {column} TYPE {type} USING NULL::{type};
