-- Staging: what goes over the wire. Logged if it is to become the table.
CREATE {?!logged UNLOGGED }TABLE {stage} (
    {columns}
);
