-- Forget objects of jobs that have not run for so long: such a job does not
-- exist any more.
-- $1: age in milliseconds
DELETE FROM bulkpg.pending
WHERE last_at < clock_timestamp() - $1::bigint * interval '1 millisecond'
