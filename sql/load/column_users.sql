-- Find the first object that prevents a change of one of the columns, and
-- return it with the name that a user knows: a view or rule that reads the
-- column, a trigger, policy, generated column, publication or function that
-- names it, or a foreign key that refers to it.
-- $1: schema, $2: table, $3: its columns, a JSON array
SELECT a.attname,
       CASE WHEN v.oid <> c.oid
            THEN pg_describe_object('pg_class'::regclass, v.oid, 0)
            ELSE pg_describe_object(d.classid, d.objid, d.objsubid)
       END AS used_by
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
JOIN pg_catalog.pg_depend d
  ON d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid
 AND d.refobjsubid = a.attnum
LEFT JOIN pg_catalog.pg_rewrite r
  ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
LEFT JOIN pg_catalog.pg_class v ON v.oid = r.ev_class
LEFT JOIN pg_catalog.pg_constraint k
  ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
LEFT JOIN pg_catalog.pg_attrdef f
  ON d.classid = 'pg_attrdef'::regclass AND f.oid = d.objid
WHERE n.nspname = $1 AND c.relname = $2
  AND a.attname IN (SELECT value
                    FROM pg_catalog.json_array_elements_text($3::json))
  AND (d.classid IN ('pg_rewrite'::regclass, 'pg_policy'::regclass,
                     'pg_trigger'::regclass, 'pg_proc'::regclass,
                     'pg_publication_rel'::regclass)
       OR k.contype = 'f' OR f.adnum <> a.attnum)
  -- bulkpg drops its own views over all stores and creates them again
  AND NOT starts_with(coalesce(obj_description(v.oid, 'pg_class'), ''),
                      'bulkpg view: ')
ORDER BY a.attnum, 2
LIMIT 1
