\echo 'Payouts, and the pages that were read for them:'
SELECT status, count(*) AS payouts, sum(net) AS net, currency_code AS currency
FROM acme.payouts GROUP BY 1, 4 ORDER BY 2 DESC LIMIT 4;
SELECT path, pages, rows, points FROM bulkpg.walk ORDER BY path;
