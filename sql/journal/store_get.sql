-- Return the details of a store, and when they were fetched.
-- $1: store
SELECT store, domain, schema, shop_id, currency_code, iana_timezone, plan,
       scopes, to_char(checked_at AT TIME ZONE 'UTC',
                       'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       floor(extract(epoch FROM clock_timestamp() - checked_at) * 1000)::bigint
FROM bulkpg.store
WHERE store = $1
