-- Add the chunks of the rows to send.
-- $1: push_id
INSERT INTO bulkpg.push_chunk (push_id, n, lines, bytes)
SELECT push_id, n, count(*), sum(octet_length(variables) + 1)
FROM bulkpg.push_row
WHERE push_id = $1::bigint AND n > 0
GROUP BY push_id, n
