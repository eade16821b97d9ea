-- Record a webhook subscription, or its new id. A topic has one address: rows
-- with another one are removed, so that a kill leaves no two.
-- $1: store, $2: topic, $3: url, $4: subscription_id
WITH moved AS (
  DELETE FROM bulkpg.hook WHERE store = $1 AND topic = $2 AND url <> $3
)
INSERT INTO bulkpg.hook AS h (store, topic, url, subscription_id)
VALUES ($1, $2, $3, $4)
ON CONFLICT (store, topic, url) DO UPDATE
SET subscription_id = excluded.subscription_id,
    created_at = excluded.created_at
WHERE h.subscription_id <> excluded.subscription_id
