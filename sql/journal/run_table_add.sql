-- Record how many rows of a table the merge changed.
-- $1: run_id, $2: table_schema, $3: table_name, $4 to $8: staged, inserted,
-- updated, deleted, unchanged
INSERT INTO bulkpg.run_table (run_id, table_schema, table_name, staged,
                              inserted, updated, deleted, unchanged)
VALUES ($1::bigint, $2, $3, $4::bigint, $5::bigint, $6::bigint, $7::bigint,
        $8::bigint)
