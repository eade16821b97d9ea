-- Move the watermark of (store, job), in the merge transaction. It never moves
-- back and never skips a gap: only a full run moves it, or an incremental run
-- whose window began at or before the old watermark and did not come from
-- --since.
-- $1: run_id
INSERT INTO bulkpg.watermark AS w (store, job, high, last_full)
SELECT r.store, r.job,
       (SELECT min(last.created_at)
        FROM (SELECT DISTINCT ON (o.n) o.created_at FROM bulkpg.operation o
              WHERE o.run_id = r.run_id
              ORDER BY o.n, o.attempt DESC) AS last),
       CASE r.mode WHEN 'full' THEN r.started_at END
FROM bulkpg.run r
WHERE r.run_id = $1::bigint
  AND (r.mode = 'full'
       OR r.mode = 'incremental' AND r.mode_reason IS DISTINCT FROM 'asked'
          AND EXISTS (SELECT FROM bulkpg.watermark old
                      WHERE old.store = r.store AND old.job = r.job
                        AND r.window_from <= old.high))
ON CONFLICT (store, job) DO UPDATE
SET high = greatest(w.high, excluded.high),
    last_full = greatest(w.last_full, excluded.last_full)
