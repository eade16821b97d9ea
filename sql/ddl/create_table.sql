CREATE TABLE {table} (
    {columns}
);
