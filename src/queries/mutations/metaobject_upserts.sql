-- The fields that you want, by type and handle of the metaobject:
--   CREATE TABLE public.desired_metaobject_fields (
--     type text, handle text, key text, value text NOT NULL,
--     PRIMARY KEY (type, handle, key));
-- Metaobjects come from the query `metaobjects`.
SELECT d.type,
       d.handle,
       jsonb_agg(jsonb_build_object('key', d.key, 'value', d.value)
         ORDER BY d.key) AS fields
FROM desired_metaobject_fields d
LEFT JOIN metaobjects m ON m.type = d.type AND m.handle = d.handle
LEFT JOIN metaobject_fields f ON f.metaobject_id = m.id AND f.key = d.key
WHERE f.value IS DISTINCT FROM d.value
GROUP BY d.type, d.handle
