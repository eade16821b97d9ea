-- Sales by month, without taxes: gross, discounts, returns and net. Each sale
-- and each return counts in the month in which it happened. A return in May
-- counts in May, even if the order is older.
--
-- Job: sales. For a store with the schema acme:
--     PGOPTIONS='-c search_path=acme' psql -v schema=acme \
--         -f net_sales_by_month.sql
--
-- Returns have negative amounts, so the net is a sum.
WITH sold AS (
  SELECT to_char(a.happened_at AT TIME ZONE st.iana_timezone, 'YYYY-MM')
           AS month,
         o.currency_code,
         o.id AS order_id,
         s.action_type,
         s.line_type,
         s.total_amount - s.total_tax AS net,
         s.total_discount_before_taxes AS discount
  FROM sales s
  JOIN sales_agreements a ON a.id = s.agreement_id
  JOIN sales_orders o ON o.id = a.order_id
  JOIN bulkpg.store st ON st.schema = :'schema'
  WHERE NOT o.test
)
SELECT month,
       currency_code,
       count(DISTINCT order_id) AS orders,
       sum(net + discount) FILTER (WHERE action_type <> 'RETURN')
         AS gross_sales,
       sum(discount) FILTER (WHERE action_type <> 'RETURN') AS discounts,
       sum(net) FILTER (WHERE action_type = 'RETURN') AS returns,
       sum(net) FILTER (WHERE line_type = 'PRODUCT') AS net_product_sales,
       sum(net) FILTER (WHERE line_type = 'SHIPPING') AS shipping,
       sum(net) AS net_sales
FROM sold
GROUP BY 1, 2
ORDER BY 1, 2
