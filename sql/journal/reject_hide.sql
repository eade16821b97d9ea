-- Remove the lines of a job's earlier rejects, and their reasons, which may quote
-- values that the query masks from now on.
-- $1: store, $2: job
UPDATE bulkpg.reject
SET raw = '', reason = 'not shown, because the query has got @mask since'
WHERE run_id IN (SELECT run_id FROM bulkpg.run WHERE store = $1 AND job = $2)
  AND raw <> ''
