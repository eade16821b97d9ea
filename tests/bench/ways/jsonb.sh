#!/bin/bash
# curl into one jsonb column, then SQL, in one transaction, then keys.
#
# Arguments: the result's URL, and the file with the DDL of the keys.
set -euo pipefail

curl -sS "$1" | psql -X -q -v ON_ERROR_STOP=1 -v keys="$2" -f <(
  cat <<'SQL'
BEGIN;
CREATE TEMP TABLE line (o jsonb) ON COMMIT DROP;
\copy line from pstdin with (format csv, quote e'\x01', delimiter e'\x02')
INSERT INTO acme.products
SELECT split_part(o->>'id', '/', 5)::bigint, o->>'title', o->>'handle',
       o->>'status', o->>'vendor', o->>'productType', o->'tags',
       (o->>'totalInventory')::integer, (o->>'createdAt')::timestamptz,
       (o->>'updatedAt')::timestamptz, (o->>'publishedAt')::timestamptz
FROM line WHERE NOT o ? '__parentId';
INSERT INTO acme.products_variants
SELECT split_part(o->>'__parentId', '/', 5)::bigint,
       split_part(o->>'id', '/', 5)::bigint, o->>'title', o->>'sku',
       o->>'barcode', (o->>'price')::numeric,
       (o->>'compareAtPrice')::numeric, (o->>'inventoryQuantity')::integer,
       (o->>'position')::integer, (o->>'taxable')::boolean,
       (o->>'createdAt')::timestamptz, (o->>'updatedAt')::timestamptz,
       split_part(o->'inventoryItem'->>'id', '/', 5)::bigint
FROM line WHERE o->>'__typename' = 'ProductVariant';
INSERT INTO acme.products_metafields
SELECT split_part(o->>'__parentId', '/', 5)::bigint,
       split_part(o->>'id', '/', 5)::bigint, o->>'namespace', o->>'key',
       o->>'type', o->>'value', (o->>'updatedAt')::timestamptz
FROM line WHERE o->>'__typename' = 'Metafield';
\i :keys
COMMIT;
SQL
)
