-- List entries of a run's frontier, the deepest first.
-- $1: run_id, $2: the numbers to leave out, as a JSON array, $3: limit
SELECT number, connection, level, parent_id, cursor, row_offset, rows,
       distinct_rows, told_first, told_last, nulls, repeats, pages,
       is_again
FROM bulkpg.frontier
WHERE run_id = $1::bigint AND number > 0
  AND number NOT IN (SELECT n::bigint FROM json_array_elements_text($2::json) n)
ORDER BY level DESC, number
LIMIT $3::bigint
