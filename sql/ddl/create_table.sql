-- The table itself, empty, without its key.
CREATE TABLE {table} (
    {columns}
);
