-- Return the schema of bulkpg's views over all stores: all, if they are there
-- since an earlier version, otherwise stores.
SELECT CASE WHEN EXISTS (
         SELECT FROM pg_class c
         JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'all' AND c.relkind = 'v'
           AND starts_with(obj_description(c.oid, 'pg_class'),
                           'bulkpg view: '))
       THEN 'all' ELSE 'stores' END
