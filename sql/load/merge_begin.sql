-- First in the merge's transaction: its commit must be on disk, and so all
-- that was staged without waiting for that. Staging and table are compared in
-- memory where they fit, by workers too: hardly a row differs, which the planner
-- cannot know. Statistics are the first ones of tables that nobody has asked
-- yet: autovacuum refines them.
SELECT set_config('synchronous_commit',
                  (SELECT reset_val FROM pg_settings
                   WHERE name = 'synchronous_commit'), true),
       set_config('work_mem',
                  greatest(setting::bigint, 32 * 1024)::text || 'kB', true),
       set_config('parallel_tuple_cost', '0', true),
       set_config('default_statistics_target',
                  least(current_setting('default_statistics_target')::integer,
                        30)::text, true)
FROM pg_settings WHERE name = 'work_mem'
