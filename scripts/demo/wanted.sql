-- Prices that the store shall have: three variants become a tenth cheaper.
CREATE TABLE public.desired_prices (
  sku text PRIMARY KEY, price numeric NOT NULL, compare_at_price numeric);
INSERT INTO public.desired_prices
SELECT min(sku), min(round(price * 0.9, 2)), min(compare_at_price)
FROM (
  SELECT DISTINCT ON (product_id) product_id, sku, price, compare_at_price
  FROM acme.product_variants v
  WHERE price > 1
    AND (SELECT count(*) FROM acme.product_variants o WHERE o.sku = v.sku) = 1
  ORDER BY product_id, id
) AS one
GROUP BY product_id
ORDER BY product_id
LIMIT 3;
