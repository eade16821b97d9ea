-- The tags that products must have, by handle:
--   CREATE TABLE public.desired_tags (
--     handle text, tag text, PRIMARY KEY (handle, tag));
-- Products come from the query `products`.
SELECT p.id,
       array_agg(d.tag ORDER BY d.tag) AS tags
FROM products p
JOIN desired_tags d ON d.handle = p.handle
WHERE NOT p.tags ? d.tag
GROUP BY p.id
