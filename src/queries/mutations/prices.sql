-- The prices that you want, by SKU:
--   CREATE TABLE public.desired_prices (
--     sku text PRIMARY KEY, price numeric NOT NULL, compare_at_price numeric);
-- Variants come from the query `products`. Without a compare-at price here, the
-- store's is removed.
SELECT v.product_id,
       jsonb_agg(jsonb_build_object(
         'id', bulkpg.gid('ProductVariant', v.id),
         'price', d.price::text,
         'compareAtPrice', d.compare_at_price::text) ORDER BY v.id)
         AS variants,
       jsonb_agg(jsonb_build_object(
         'id', bulkpg.gid('ProductVariant', v.id),
         'price', v.price::text,
         'compareAtPrice', v.compare_at_price::text) ORDER BY v.id)
         AS _before_variants
FROM product_variants v
JOIN desired_prices d ON d.sku = v.sku
WHERE (v.price, v.compare_at_price)
  IS DISTINCT FROM (d.price, d.compare_at_price)
GROUP BY v.product_id
