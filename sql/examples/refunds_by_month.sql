-- Refunds by the month in which they were made, and the average number of days
-- after the order.
--
-- Job: orders. For a store with the schema acme:
--     PGOPTIONS='-c search_path=acme' psql -v schema=acme \
--         -f refunds_by_month.sql
SELECT to_char(r.processed_at AT TIME ZONE s.iana_timezone, 'YYYY-MM') AS month,
       o.currency_code,
       count(*) AS refunds,
       count(DISTINCT o.id) AS orders,
       sum(r.total_refunded) AS refunded,
       count(*) FILTER (WHERE r.total_refunded = o.total_price) AS whole_orders,
       round((avg(extract(epoch FROM r.processed_at - o.processed_at))
              / 86400)::numeric, 1) AS days_after_order
FROM order_refunds r
JOIN orders o ON o.id = r.order_id
JOIN bulkpg.store s ON s.schema = :'schema'
WHERE NOT o.test
GROUP BY 1, 2
ORDER BY 1, 2
