-- Where in the query the column is, and what its type is there.
COMMENT ON COLUMN {table}.{column} IS {comment};
