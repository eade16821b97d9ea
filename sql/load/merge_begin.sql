-- Change settings for the merge's transaction.
-- synchronous_commit: the load commits staging without waiting for the disk,
-- but the merge's own COMMIT must wait. It flushes the WAL of both.
-- work_mem, parallel_tuple_cost: these make PostgreSQL compare staging with the
-- table in memory and with parallel workers. Without them the planner decides
-- against it, because it expects many changed rows although there are few.
-- random_page_cost: the pages of changed rows are read in any case, by the
-- UPDATE. With the default, the planner also reads all others to find a few rows.
-- jit: the planner expects so many rows that it would compile statements, which
-- takes longer than they do.
-- default_statistics_target: the first statistics of a new table need not be
-- exact. Autovacuum improves them.
-- The view pg_settings is not used, because it lists all settings each time.
SET LOCAL synchronous_commit TO DEFAULT;
SELECT set_config('work_mem',
                  greatest(pg_size_bytes(current_setting('work_mem')) / 1024,
                           32 * 1024)::text || 'kB', true),
       set_config('parallel_tuple_cost', '0', true),
       set_config('random_page_cost',
                  least(current_setting('random_page_cost')::float8,
                        1.1)::text, true),
       set_config('jit', 'off', true),
       set_config('default_statistics_target',
                  least(current_setting('default_statistics_target')::integer,
                        30)::text, true)
