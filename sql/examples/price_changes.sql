-- When the price of each variant changed. price_before is NULL for the first
-- price.
--
-- Job: products, with @history: `query Products @history {`. For a store with
-- the schema acme:
--     PGOPTIONS='-c search_path=acme' psql -f price_changes.sql
SELECT product_id,
       variant_id,
       sku,
       price_before,
       price,
       changed_at
FROM (SELECT product_id,
             id AS variant_id,
             sku,
             lag(price) OVER (PARTITION BY product_id, id
                              ORDER BY _valid_from) AS price_before,
             price,
             _valid_from AS changed_at
      FROM product_variants_history) AS versions
WHERE price IS DISTINCT FROM price_before
ORDER BY 1, 2, 6
