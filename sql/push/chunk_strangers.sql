-- Markers with this journal's uuid that the journal does not contain. If there
-- is one, the journal is a copy, or was restored from a backup.
-- $1: array of markers
SELECT m
FROM unnest($1::text[]) AS m
WHERE NOT EXISTS (
  SELECT FROM bulkpg.push_chunk c
  WHERE substring(m FROM '[^/]*$') = ANY (c.randoms))
LIMIT 1
