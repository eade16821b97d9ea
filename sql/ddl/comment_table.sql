-- Describe the table: its path in the query and the GraphQL type of its rows.
COMMENT ON TABLE {table} IS {comment};
