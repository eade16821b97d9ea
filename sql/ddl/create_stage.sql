CREATE {?!logged UNLOGGED }TABLE {stage} (
    {columns}
);
