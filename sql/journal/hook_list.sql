-- List the webhook subscriptions that bulkpg made.
-- $1: store
SELECT store, topic, url, subscription_id
FROM bulkpg.hook
WHERE store = $1
ORDER BY topic, url
