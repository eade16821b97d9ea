-- The newest push of a job that another process has added; 0: none.
-- $1: store, $2: job, $3: the newest push before, $4: this push
SELECT coalesce(max(push_id), 0)
FROM bulkpg.push
WHERE store = $1 AND job = $2 AND push_id > $3::bigint
  AND push_id <> $4::bigint
