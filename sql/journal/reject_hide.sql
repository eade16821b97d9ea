-- Remove the lines of a job's earlier rejects, and their reasons, which may quote
-- values that the query masks. Runs of the same query have masked them already.
-- $1: store, $2: job, $3: plan_hash
UPDATE bulkpg.reject AS r
SET raw = '', reason = hidden.reason
FROM (VALUES ('not shown: the query has changed since, and has @mask'))
  AS hidden (reason)
WHERE r.run_id IN (SELECT run_id FROM bulkpg.run
                   WHERE store = $1 AND job = $2
                     AND plan_hash IS DISTINCT FROM $3)
  AND (r.raw <> '' OR r.reason <> hidden.reason)
