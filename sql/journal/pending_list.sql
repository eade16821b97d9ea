-- List how many objects each job still has to fetch, and how old the oldest is.
SELECT store, job, count(*), max(tries),
       (extract(epoch FROM clock_timestamp() - min(first_at)) * 1000)::bigint
FROM bulkpg.pending
GROUP BY store, job
ORDER BY store, job
