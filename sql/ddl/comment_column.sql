-- Describe a column: its path in the query and its GraphQL type.
COMMENT ON COLUMN {table}.{column} IS {comment};
