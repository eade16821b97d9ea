-- Questions that an analyst asks of these tables.
SET search_path = acme;

\echo 'Revenue by month and currency, the last four months'
SELECT to_char(date_trunc('month', processed_at), 'YYYY-MM') AS month,
       presentment_currency_code AS currency,
       count(*) AS orders,
       sum(presentment_total_price) AS revenue
FROM orders
WHERE cancelled_at IS NULL AND NOT test
GROUP BY 1, 2
ORDER BY 1 DESC, 2
LIMIT 8;

\echo 'Best sellers'
SELECT p.title AS product, p.vendor,
       sum(i.quantity) AS sold
FROM order_line_items i
JOIN orders o ON o.id = i.order_id
JOIN products p ON p.id = i.product_id
WHERE o.cancelled_at IS NULL AND NOT o.test
GROUP BY p.id
ORDER BY sold DESC, p.id
LIMIT 5;

\echo 'Stock by location'
SELECT l.location_name AS location,
       count(DISTINCT l.inventory_item_id) AS items,
       sum(q.quantity) FILTER (WHERE q.name = 'on_hand') AS on_hand,
       sum(q.quantity) FILTER (WHERE q.name = 'available') AS available
FROM inventory_levels l
JOIN inventory_quantities q ON q.inventory_level_id = l.id
GROUP BY 1
ORDER BY on_hand DESC;
