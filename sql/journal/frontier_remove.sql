-- Remove entries that have been read.
-- $1: run_id, $2: their numbers, as a JSON array
DELETE FROM bulkpg.frontier
WHERE run_id = $1::bigint AND number > 0
  AND number IN (SELECT n::bigint FROM json_array_elements_text($2::json) n)
