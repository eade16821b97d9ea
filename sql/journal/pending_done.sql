-- Forget the pending objects of a run's job whose last event was received
-- before the run began, in the transaction of its merge. An incremental run
-- finds neither deletions nor new stock of an item, so the objects of such
-- events stay, unless there are more than 1,000 of them: those wait for the
-- next full run. A row that is locked is left alone: a listener is about to
-- record another event.
-- An event of the future was received before the clock was set back. Its object
-- would stay until then, and cause a run each minute. So it is forgotten, too,
-- unless there was another event meanwhile.
-- $1: run_id, $2: GraphQL type of the job's roots (NULL: its objects cannot be
-- fetched by their ids, so nothing stays)
WITH run AS MATERIALIZED (
  SELECT store, job, mode, started_at FROM bulkpg.run
  WHERE run_id = $1::bigint
), unseen AS MATERIALIZED (
  SELECT DISTINCT e.object_id
  FROM run
  JOIN bulkpg.event e ON e.store = run.store AND e.type = $2::text
  WHERE run.mode = 'incremental'
    AND e.received_at >= (SELECT min(p.first_at) FROM bulkpg.pending p
                          WHERE p.store = run.store AND p.job = run.job)
    AND (e.topic LIKE '%/delete' OR e.topic LIKE 'inventory_levels/%')
  LIMIT 1001
), ours AS MATERIALIZED (
  SELECT p.store, p.job, p.object_id
  FROM bulkpg.pending p
  WHERE p.store = (SELECT store FROM run) AND p.job = (SELECT job FROM run)
    AND (p.last_at <= (SELECT started_at FROM run)
         OR p.last_at > clock_timestamp()
            AND p.object_id NOT IN (
              SELECT e.object_id
              FROM run
              JOIN bulkpg.event e ON e.store = run.store
                AND e.received_at BETWEEN run.started_at
                                      AND clock_timestamp()))
    AND ((SELECT count(*) FROM unseen) > 1000
         OR p.object_id NOT IN (SELECT object_id FROM unseen))
  FOR UPDATE SKIP LOCKED
)
DELETE FROM bulkpg.pending p
USING ours
WHERE p.store = ours.store AND p.job = ours.job
  AND p.object_id = ours.object_id
