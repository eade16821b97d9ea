-- Cohorts: how many of the customers whose first order was in one month ordered
-- again in each later month.
--
-- Job: orders. For a store with the schema acme:
--     PGOPTIONS='-c search_path=acme' psql -v schema=acme \
--         -f cohort_retention.sql
--
-- The first order is the first one in the table. Without the scope
-- read_all_orders the store shows only the orders of the last 60 days.
WITH ordered AS (
  SELECT DISTINCT o.customer_id,
         date_trunc('month', o.processed_at AT TIME ZONE s.iana_timezone)
           AS month
  FROM orders o
  JOIN bulkpg.store s ON s.schema = :'schema'
  WHERE o.customer_id IS NOT NULL AND NOT o.test AND o.cancelled_at IS NULL
), since_first AS (
  SELECT customer_id, month,
         min(month) OVER (PARTITION BY customer_id) AS cohort
  FROM ordered
), counted AS (
  SELECT cohort,
         (extract(year FROM age(month, cohort)) * 12
          + extract(month FROM age(month, cohort)))::integer AS months_later,
         count(*) AS customers
  FROM since_first
  GROUP BY 1, 2
)
SELECT to_char(cohort, 'YYYY-MM') AS cohort,
       months_later,
       customers,
       round(100.0 * customers / first_value(customers) OVER
               (PARTITION BY cohort ORDER BY months_later), 1) AS percent
FROM counted
ORDER BY 1, 2
