-- The tags that customers must have, by their id, a number:
--   CREATE TABLE public.desired_customer_tags (
--     customer_id bigint, tag text, PRIMARY KEY (customer_id, tag));
-- Customers come from the query `customers`. A SELECT over `orders` works as
-- well: for example, customers with five orders get the tag "loyal".
SELECT c.id,
       array_agg(d.tag ORDER BY d.tag) AS tags
FROM customers c
JOIN desired_customer_tags d ON d.customer_id = c.id
WHERE NOT c.tags ? d.tag
GROUP BY c.id
