-- List entries of a run's frontier by their numbers.
-- $1: run_id, $2: begin after this number, $3: limit
SELECT number, connection, level, parent_id, cursor, row_offset, rows,
       distinct_rows, told_first, told_last, nulls, repeats, pages,
       is_again
FROM bulkpg.frontier
WHERE run_id = $1::bigint AND number > $2::bigint
ORDER BY number
LIMIT $3::bigint
