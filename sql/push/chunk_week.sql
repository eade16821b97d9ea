-- Seven days ago, as the store writes times; and what the markers of this
-- journal's pushes begin with.
SELECT to_char((clock_timestamp() - interval '7 days') AT TIME ZONE 'UTC',
               'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       format('# bulkpg %s/push/', journal_uuid)
FROM bulkpg.meta
