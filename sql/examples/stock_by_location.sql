-- Stock by location, with its value at cost and at the selling price.
--
-- Jobs: inventory, products. For a store with the schema acme:
--     PGOPTIONS='-c search_path=acme' psql -f stock_by_location.sql
WITH stock AS (
  SELECT inventory_level_id,
         max(quantity) FILTER (WHERE name = 'on_hand') AS on_hand,
         max(quantity) FILTER (WHERE name = 'available') AS available,
         max(quantity) FILTER (WHERE name = 'committed') AS committed,
         max(quantity) FILTER (WHERE name = 'incoming') AS incoming
  FROM inventory_quantities
  GROUP BY 1
)
SELECT l.location_id,
       l.location_name,
       count(*) AS items,
       sum(stock.on_hand) AS on_hand,
       sum(stock.available) AS available,
       sum(stock.committed) AS committed,
       sum(stock.incoming) AS incoming,
       sum(stock.on_hand * i.unit_cost) AS value_at_cost,
       sum(stock.on_hand * v.price) AS value_at_price
FROM inventory_levels l
JOIN stock ON stock.inventory_level_id = l.id
JOIN inventory_items i ON i.id = l.inventory_item_id
LEFT JOIN product_variants v ON v.inventory_item_id = i.id
WHERE l.is_active AND i.tracked
GROUP BY 1, 2
ORDER BY 2, 1
