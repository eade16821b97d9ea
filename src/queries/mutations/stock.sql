-- The stock that you want, by SKU and location:
--   CREATE TABLE public.desired_stock (
--     sku text, location text, available integer NOT NULL,
--     PRIMARY KEY (sku, location));
-- Items and levels come from the query `inventory`. Items that are not stocked
-- at a location are left out.
SELECT l.inventory_item_id,
       l.location_id,
       d.available AS quantity,
       q.quantity AS change_from_quantity,
       q.quantity AS _before_quantity,
       d.available AS _before_change_from_quantity
FROM inventory_items i
JOIN inventory_levels l ON l.inventory_item_id = i.id AND l.is_active
JOIN inventory_quantities q
  ON q.inventory_level_id = l.id AND q.name = 'available'
JOIN desired_stock d ON d.sku = i.sku AND d.location = l.location_name
WHERE q.quantity <> d.available
