-- What decides whether jobs are due: the age of each job's last good run, and
-- how its newest run ended. Replays, dry runs and runs with --ids do not count.
-- A run with --since is not a good run: it says nothing about changes outside
-- of its window. One row for each job, in the order of $1.
-- $1: JSON array of [store, job]
SELECT floor(extract(epoch FROM clock_timestamp() - good.started_at) * 1000)
         ::bigint,
       floor(extract(epoch FROM clock_timestamp() - last.started_at) * 1000)
         ::bigint,
       floor(extract(epoch FROM clock_timestamp() - last.finished_at) * 1000)
         ::bigint,
       last.status IN ('failed', 'interrupted', 'canceled')
       OR last.status = 'loaded_with_rejects' AND last.error_code IS NOT NULL,
       last.status = 'loaded_with_rejects'
FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS j(pair, n)
LEFT JOIN LATERAL (
  SELECT r.started_at FROM bulkpg.run r
  WHERE r.store = j.pair->>0 AND r.job = j.pair->>1
    AND r.mode IS DISTINCT FROM 'ids'
    AND r.status = 'loaded' AND r.mode <> 'replay'
    AND NOT (r.mode = 'incremental'
             AND r.mode_reason IS NOT DISTINCT FROM 'asked')
  ORDER BY r.run_id DESC LIMIT 1) AS good ON true
LEFT JOIN LATERAL (
  SELECT r.started_at, r.finished_at, r.status, r.error_code
  FROM bulkpg.run r
  WHERE r.store = j.pair->>0 AND r.job = j.pair->>1
    AND r.mode IS DISTINCT FROM 'ids'
    AND r.mode IS DISTINCT FROM 'replay'
    AND r.status <> 'dry'
  ORDER BY r.run_id DESC LIMIT 1) AS last ON true
ORDER BY j.n
