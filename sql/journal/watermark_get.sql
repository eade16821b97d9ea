-- How far (store, job) has come, and where the next window begins: whole
-- seconds, since that is what the store is asked in.
-- $1: store, $2: job, $3: overlap in milliseconds
SELECT to_char(high AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       to_char((high - $3::bigint * interval '1 millisecond')
               AT TIME ZONE 'UTC',
               'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       to_char(last_full AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       floor(extract(epoch FROM clock_timestamp() - last_full) * 1000)::bigint
FROM bulkpg.watermark
WHERE store = $1 AND job = $2
