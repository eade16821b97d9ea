-- The metafields that you want, by the product's handle:
--   CREATE TABLE public.desired_metafields (
--     handle text, namespace text, key text, type text, value text NOT NULL,
--     PRIMARY KEY (handle, namespace, key));
-- Products and their metafields come from the query `products`.
SELECT p.id AS owner_id,
       d.namespace,
       d.key,
       d.type,
       d.value,
       m.value AS _before_value
FROM products p
JOIN desired_metafields d ON d.handle = p.handle
LEFT JOIN product_metafields m
  ON m.product_id = p.id AND m.namespace = d.namespace AND m.key = d.key
WHERE m.value IS DISTINCT FROM d.value
