-- Metafields of products as columns: some with their types, and all in one
-- jsonb value.
--
-- Job: products. For a store with the schema acme:
--     PGOPTIONS='-c search_path=acme' psql -f product_metafields_pivoted.sql
--
-- Replace the namespaces and keys by your own. To load them as columns of a
-- table, use the ready query product_attributes.
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
