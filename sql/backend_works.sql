-- Return whether a backend is busy. A backend that became idle within the last
-- 5 s counts as busy, because its answer is on the way. If the server does not
-- track activities, every backend that exists counts as busy.
-- $1: process id of the backend
SELECT EXISTS (
  SELECT FROM pg_catalog.pg_stat_activity
  WHERE pid = $1::integer AND datname = current_database()
    AND (coalesce(state, '') NOT LIKE 'idle%'
         OR state_change > pg_catalog.clock_timestamp() - interval '5 s'))
