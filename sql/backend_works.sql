-- Is a backend of ours at work? One that has just become idle is, too: its
-- answer is on the way. Where activities are not tracked, being there counts.
-- $1: its process id
SELECT EXISTS (
  SELECT FROM pg_catalog.pg_stat_activity
  WHERE pid = $1::integer AND datname = current_database()
    AND (coalesce(state, '') NOT LIKE 'idle%'
         OR state_change > pg_catalog.clock_timestamp() - interval '5 s'))
