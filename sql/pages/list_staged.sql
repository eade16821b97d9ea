-- A run is resumed: read which rows are staged, and below which parents, or
-- only these.
DECLARE staged NO SCROLL CURSOR FOR
SELECT DISTINCT {?parent_column {parent_column}::text}{?!parent_column NULL::text},
       {?row_id {row_id}::text}{?!row_id NULL::text}
FROM {stage}
