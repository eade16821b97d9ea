-- The products' variants and prices as they were at a time.
--
-- Job: products, with @history: `query Products @history {`. For a store with
-- the schema acme:
--     PGOPTIONS='-c search_path=acme' psql -v at='2026-11-01 00:00' \
--       -f prices_at_a_time.sql
SELECT p.id AS product_id,
       p.title,
       v.id AS variant_id,
       v.sku,
       v.price,
       v._valid_from AS since
FROM product_variants_history v
JOIN products_history p ON v.product_id = p.id
WHERE v._valid_from <= :'at'
  AND (v._valid_to > :'at' OR v._valid_to IS NULL)
  AND p._valid_from <= :'at'
  AND (p._valid_to > :'at' OR p._valid_to IS NULL)
ORDER BY 1, 3
