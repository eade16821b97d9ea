-- Revenue by month and currency, in the store's time zone.
--
-- Job: orders. For a store with the schema acme:
--     PGOPTIONS='-c search_path=acme' psql -v schema=acme \
--         -f revenue_by_month.sql
--
-- Months are those of the store's time zone, as in its admin. A refund counts
-- in the month of its order; refunds_by_month.sql counts it in the month in
-- which it was made.
SELECT to_char(o.processed_at AT TIME ZONE s.iana_timezone, 'YYYY-MM') AS month,
       o.currency_code,
       count(*) AS orders,
       sum(o.total_price) AS revenue,
       sum(o.total_tax) AS taxes,
       sum(o.total_refunded) AS refunded,
       sum(o.total_price - o.total_refunded) AS revenue_kept,
       round(avg(o.total_price), 2) AS average_order
FROM orders o
JOIN bulkpg.store s ON s.schema = :'schema'
WHERE NOT o.test AND o.cancelled_at IS NULL
GROUP BY 1, 2
ORDER BY 1, 2
