-- The next lines of a chunk's file, about half a MiB of them, and the number of
-- the line after them; no row at the end.
-- $1: push_id, $2: n, $3: number of the first line
SELECT max(line) + 1, string_agg(variables || E'\n', '' ORDER BY line)
FROM (
  SELECT line, variables,
         sum(octet_length(variables) + 1) OVER (ORDER BY line)
           - octet_length(variables) AS begins
  FROM (
    SELECT line, variables
    FROM bulkpg.push_row
    WHERE push_id = $1::bigint AND n = $2::integer AND n > 0
      AND line >= $3::bigint
    ORDER BY line
    LIMIT 4000
  ) AS rest
) AS page
WHERE begins <= 524288
HAVING count(*) > 0
