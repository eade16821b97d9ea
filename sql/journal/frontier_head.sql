-- Return the head row of a run, and its age in milliseconds.
-- $1: run_id
SELECT head ->> 'page', head ->> 'next_line', head ->> 'lines',
       head ->> 'roots', head ->> 'skipped', head ->> 'rejects',
       head ->> 'sanitized', head ->> 'copy_bytes', head ->> 'moment',
       head ->> 'branch', head ->> 'gids', head ->> 'walked',
       floor(extract(epoch FROM clock_timestamp() - committed_at) * 1000)
         ::bigint
FROM bulkpg.frontier
WHERE run_id = $1::bigint AND number = 0
