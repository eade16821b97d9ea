\echo 'The prices in the tables, and the state of each row of the push:'
SELECT d.sku, d.price AS wanted, v.price AS in_the_table, r._state AS push
FROM public.desired_prices d
JOIN acme.product_variants v USING (sku)
JOIN acme.prices_result r ON r._key = v.product_id
ORDER BY d.sku;
