-- List what was received from each store. The requests that belong to no store
-- come first.
SELECT store, received, refused, duplicates,
       (extract(epoch FROM clock_timestamp() - last_received_at) * 1000)::bigint,
       (lag_seconds * 1000)::bigint
FROM bulkpg.heard
ORDER BY store
