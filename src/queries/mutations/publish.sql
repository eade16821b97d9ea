-- The products to publish, by handle and the publication's id, a number:
--   CREATE TABLE public.desired_publications (
--     handle text, publication_id bigint,
--     PRIMARY KEY (handle, publication_id));
-- Products come from the query `products`, publications from `publications`.
SELECT p.id,
       u.id AS publication_id
FROM products p
JOIN desired_publications d ON d.handle = p.handle
JOIN publications u ON u.id = d.publication_id
WHERE NOT EXISTS (
  SELECT FROM publication_products i
  WHERE i.publication_id = u.id AND i.product_id = p.id)
