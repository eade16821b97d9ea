-- The first statement of a transaction that changes a push: lock its row, so
-- that no other process can take it over until the transaction ends. Several
-- transactions of one process may hold this lock, and counts of the push may
-- change meanwhile.
-- If there is no such row, the division by zero ends the transaction: nothing
-- that was sent after the fence has an effect.
-- $1: push_id, $2: resumed
WITH fence AS MATERIALIZED (
  SELECT FROM bulkpg.push
  WHERE push_id = $1::bigint AND resumed = $2::integer AND status = 'running'
  FOR KEY SHARE
)
SELECT 1 / count(*) FROM fence
