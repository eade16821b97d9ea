-- First statement of the merge transaction: from here on nobody else can take
-- the run over. A COMMIT can arrive after its client was killed and its claim
-- was free; this row is what keeps two merges apart.
-- $1: run_id, $2: resumed
SELECT run_id FROM bulkpg.run
WHERE run_id = $1::bigint AND resumed = $2::integer AND status = 'merging'
FOR NO KEY UPDATE
