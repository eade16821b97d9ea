-- Remove a webhook subscription that was deleted.
-- $1: store, $2: topic, $3: url
DELETE FROM bulkpg.hook WHERE store = $1 AND topic = $2 AND url = $3
