-- Add entries to a run's frontier, or replace entries that have changed.
-- $1: run_id, $2: JSON array of objects; absent counts are 0
INSERT INTO bulkpg.frontier (run_id, number, connection, level, parent_id,
                             cursor, row_offset, rows, distinct_rows,
                             told_first, told_last, nulls, repeats, pages,
                             is_again)
SELECT $1::bigint, e.number, e.connection, e.level, e.parent_id, e.cursor,
       coalesce(e.row_offset, 0), coalesce(e.rows, 0), e.distinct_rows,
       e.told_first, e.told_last, coalesce(e.nulls, 0),
       coalesce(e.repeats, 0), coalesce(e.pages, 0),
       coalesce(e.is_again, false)
FROM json_to_recordset($2::json)
  AS e (number bigint, connection integer, level integer, parent_id text,
        cursor text, row_offset bigint, rows bigint, distinct_rows bigint,
        told_first bigint, told_last bigint, nulls bigint, repeats integer,
        pages bigint, is_again boolean)
ON CONFLICT (run_id, number) DO UPDATE
SET connection = excluded.connection, level = excluded.level,
    parent_id = excluded.parent_id, cursor = excluded.cursor,
    row_offset = excluded.row_offset, rows = excluded.rows,
    distinct_rows = excluded.distinct_rows, told_first = excluded.told_first,
    told_last = excluded.told_last, nulls = excluded.nulls,
    repeats = excluded.repeats, pages = excluded.pages,
    is_again = excluded.is_again
