-- Markers of this journal that it does not know: it is older than what the
-- store has.
-- $1: array of markers
SELECT m
FROM unnest($1::text[]) AS m
WHERE NOT EXISTS (
  SELECT FROM bulkpg.push_chunk c
  WHERE substring(m FROM '[^/]*$') = ANY (c.randoms))
LIMIT 1
