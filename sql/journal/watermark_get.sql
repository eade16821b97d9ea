-- Return the watermark of (store, job) and the start of the next window, in
-- whole seconds, which is the form that the store's filters accept.
-- $1: store, $2: job, $3: overlap in milliseconds
SELECT to_char(high AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       to_char((high - $3::bigint * interval '1 millisecond')
               AT TIME ZONE 'UTC',
               'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       to_char(last_full AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       floor(extract(epoch FROM clock_timestamp() - last_full) * 1000)::bigint
FROM bulkpg.watermark
WHERE store = $1 AND job = $2
