-- Create the table, empty and without its key.
CREATE TABLE {table} (
    {columns}
);
