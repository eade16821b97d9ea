-- Delete old events. A delivery that is repeated later counts as a new event.
-- $1: age in milliseconds
DELETE FROM bulkpg.event
WHERE received_at < clock_timestamp() - $1::bigint * interval '1 millisecond'
