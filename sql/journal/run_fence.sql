-- The first statement of the merge transaction, and of the one that creates
-- staging when loading begins: lock the run's row, so that no other process can
-- take over the run until the transaction ends. The claim is not enough: a
-- COMMIT may still be in progress after its client was killed and the claim was
-- released.
-- If there is no such row, the division by zero ends the transaction: nothing
-- that was sent after the fence has an effect.
-- $1: run_id, $2: resumed, $3: status
WITH fence AS MATERIALIZED (
  SELECT FROM bulkpg.run
  WHERE run_id = $1::bigint AND resumed = $2::integer
    AND (status = $3 OR status = 'dry' AND finished_at IS NULL)
  FOR NO KEY UPDATE
)
SELECT 1 / count(*) FROM fence
