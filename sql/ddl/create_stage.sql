-- Create a staging table, which receives the rows. It must be logged if it will
-- become the table.
CREATE {?!logged UNLOGGED }TABLE {stage} (
    {columns}
);
