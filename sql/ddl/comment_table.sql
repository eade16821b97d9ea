-- Where in the query the rows are.
COMMENT ON TABLE {table} IS {comment};
