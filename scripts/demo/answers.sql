-- What one asks of these tables.
SET search_path = acme;

\echo 'Revenue per month and currency paid in, the last four months'
SELECT to_char(date_trunc('month', o.created_at), 'YYYY-MM') AS month,
       o.currency,
       count(*) AS orders,
       sum(o.total) AS revenue,
       sum(r.refunded) AS refunded
FROM orders o
LEFT JOIN (SELECT _parent_id, sum(amount) AS refunded
           FROM orders_transactions
           WHERE kind = 'REFUND' AND status = 'SUCCESS'
           GROUP BY _parent_id) r ON r._parent_id = o.id
WHERE o.cancelled_at IS NULL AND NOT o.test
GROUP BY 1, 2
ORDER BY 1 DESC, 2
LIMIT 8;

\echo 'Best sellers'
SELECT p.title AS product, p.vendor,
       sum(i.quantity) AS sold, sum(i.total) AS revenue
FROM orders_line_items i
JOIN orders o ON o.id = i._parent_id
JOIN products p ON p.id = i.product_id
WHERE o.cancelled_at IS NULL
GROUP BY p.id
ORDER BY sold DESC, p.id
LIMIT 5;

\echo 'Stock per location'
SELECT l.location_name AS location,
       count(DISTINCT l._parent_id) AS items,
       sum(s.quantity) FILTER (WHERE s.name = 'on_hand') AS on_hand,
       sum(s.quantity) FILTER (WHERE s.name = 'available') AS available
FROM stock_levels l
JOIN stock s ON s.level_id = l.id
GROUP BY 1
ORDER BY on_hand DESC;
