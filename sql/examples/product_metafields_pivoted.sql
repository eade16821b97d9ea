-- Metafields of products as columns: chosen ones with their types, and all of
-- them in one jsonb value.
--
-- Job: products. Of a store with schema acme:
--     PGOPTIONS='-c search_path=acme' psql -f product_metafields_pivoted.sql
--
-- Put in namespaces and keys of your own. To have them as columns of a table,
-- see the ready query product_attributes.
SELECT p.id,
       p.title,
       max(m.value) FILTER (WHERE m.namespace = 'custom'
                            AND m.key = 'subtitle') AS subtitle,
       max(m.value) FILTER (WHERE m.namespace = 'specs'
                            AND m.key = 'weight_g')::integer AS weight_g,
       max(m.value) FILTER (WHERE m.namespace = 'custom'
                            AND m.key = 'release_date')::date AS release_date,
       (max(m.value) FILTER (WHERE m.namespace = 'reviews'
                             AND m.key = 'rating')::jsonb ->> 'value')::numeric
         AS rating,
       coalesce(jsonb_object_agg(m.namespace || '.' || m.key, m.value)
                  FILTER (WHERE m.id IS NOT NULL), '{}') AS metafields
FROM products p
LEFT JOIN product_metafields m ON m.product_id = p.id
GROUP BY 1
ORDER BY 1
