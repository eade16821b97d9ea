-- Return the size and the version of the journal.
SELECT (SELECT count(*) FROM bulkpg.run),
       (SELECT count(*) FROM (SELECT DISTINCT store, job FROM bulkpg.run) j),
       pg_size_pretty(sum(pg_total_relation_size(c.oid))),
       (SELECT version FROM bulkpg.meta)
FROM pg_class c
WHERE c.relnamespace = 'bulkpg'::regnamespace AND c.relkind = 'r'
