-- Add entries of one connection, of which nothing has been read yet, to a run's
-- frontier.
-- $1: run_id, $2: connection, $3: level, $4: JSON object: the ids of the
-- parents, by the numbers of the entries
INSERT INTO bulkpg.frontier (run_id, number, connection, level, parent_id,
                             row_offset, rows, distinct_rows, nulls, repeats,
                             pages, is_again)
SELECT $1::bigint, e.key::bigint, $2::integer, $3::integer, e.value, 0, 0, 0,
       0, 0, 0, false
FROM json_each_text($4::json) e
