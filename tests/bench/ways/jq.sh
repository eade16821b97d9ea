#!/bin/bash
# curl, jq, awk and psql: one pass over the file, one COPY per table, then keys.
#
# Arguments: the result's URL, and the file with the DDL of the keys.
set -euo pipefail

copy() {
  psql -X -q -v ON_ERROR_STOP=1 -c \
    "COPY acme.$1 FROM STDIN WITH (NULL E'\\x01')"
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkfifo "$folder/1" "$folder/2" "$folder/3"
copy products <"$folder/1" &
pids=($!)
copy products_variants <"$folder/2" &
pids+=($!)
copy products_metafields <"$folder/3" &
pids+=($!)

curl -sS "$1" | jq -r '
  def number: .[rindex("/") + 1:];
  def cells: map(if . == null then "\u0001" else . end) | @tsv;
  if .__parentId == null then
    [1, (.id | number), .title, .handle, .status, .vendor, .productType,
     (.tags | tojson), .totalInventory, .createdAt, .updatedAt,
     .publishedAt] | cells
  elif .__typename == "ProductVariant" then
    [2, (.__parentId | number), (.id | number), .title, .sku, .barcode,
     .price, .compareAtPrice, .inventoryQuantity, .position, .taxable,
     .createdAt, .updatedAt, (.inventoryItem.id | number)] | cells
  else
    [3, (.__parentId | number), (.id | number), .namespace, .key, .type,
     .value, .updatedAt] | cells
  end' | awk -v folder="$folder/" '{
    print substr($0, 3) > (folder substr($0, 1, 1))
  }'
for pid in "${pids[@]}"; do
  wait "$pid"
done
psql -X -q -v ON_ERROR_STOP=1 -f "$2"
