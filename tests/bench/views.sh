#!/bin/bash
# Measures the cost of the views over all stores: planning and execution of
# joins through these views, through materialized views, and through copies that
# are partitioned by store.
#
#   tests/bench/views.sh PROGRAM [STORES]
#
# Loads STORES (150) small stores into a temporary PostgreSQL server, which is
# removed at the end.
set -euo pipefail

program=$(realpath "${1:?usage: views.sh PROGRAM [STORES]}")
stores=${2:-150}
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bin=${PG_BIN:-$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV | head -n 1)}
folder=$(mktemp -d /tmp/bench-views.XXXXXX)
server=()

clean_up() {
  trap '' INT TERM HUP
  if [ -f "$folder/data/postmaster.pid" ]; then
    "${server[@]}" "$bin/pg_ctl" -D "$folder/data" -m immediate -w stop \
      >/dev/null 2>&1 || true
  fi
  rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP

# PostgreSQL does not run as root.
if [ "$(id -u)" -eq 0 ]; then
  server=(setpriv --reuid=postgres --regid="$(id -g postgres)" --clear-groups
    --)
  chown postgres "$folder"
fi
chmod 755 "$folder"
cd "$folder"
"${server[@]}" "$bin/initdb" -D "$folder/data" -U owner -A trust -E UTF8 \
  --locale=C --no-sync >/dev/null
cat >>"$folder/data/postgresql.conf" <<EOF
listen_addresses = ''
unix_socket_directories = '$folder'
EOF
"${server[@]}" "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/data/log" \
  start >/dev/null

ask() {
  "$bin/psql" -X -q -A -t -v ON_ERROR_STOP=1 -h "$folder" -U owner \
    -d postgres "$@"
}

# ---- the stores ------------------------------------------------------------

mkdir queries
cat >queries/products.graphql <<'EOF'
{ products { edges { node { id title vendor
  variants { edges { node { id sku price } } } } } } }
EOF
cat >queries/orders.graphql <<'EOF'
{ orders { edges { node { id name createdAt
  lineItems { edges { node { id quantity product { id } } } } } } } }
EOF
awk 'BEGIN { for (p = 1; p <= 100; p++) {
  printf "{\"id\":\"gid://shopify/Product/%d\",\"title\":\"Product %d\"," \
    "\"vendor\":\"v%d\"}\n", p, p, p % 7
  for (v = 0; v < 3; v++)
    printf "{\"id\":\"gid://shopify/ProductVariant/%d\",\"sku\":\"s%d\"," \
      "\"price\":\"%d.50\",\"__parentId\":\"gid://shopify/Product/%d\"}\n",
      p * 10 + v, p * 10 + v, p, p
} }' >products.jsonl
awk 'BEGIN { for (o = 1; o <= 300; o++) {
  printf "{\"id\":\"gid://shopify/Order/%d\",\"name\":\"#%d\"," \
    "\"createdAt\":\"2026-01-%02dT10:00:00Z\"}\n", o, o, o % 28 + 1
  for (l = 0; l < 3; l++)
    printf "{\"id\":\"gid://shopify/LineItem/%d\",\"quantity\":%d," \
      "\"product\":{\"id\":\"gid://shopify/Product/%d\"}," \
      "\"__parentId\":\"gid://shopify/Order/%d\"}\n",
      o * 10 + l, l + 1, (o + l) % 100 + 1, o
} }' >orders.jsonl
printf '[database]\ndsn = host=%s dbname=postgres user=owner\n' "$folder" \
  >bulkpg.ini
for n in $(seq "$stores"); do
  printf '[store s%d]\ndomain = s%d.myshopify.com\ntoken = env:HOME\n' \
    "$n" "$n" >>bulkpg.ini
done
for n in $(seq "$stores"); do
  for job in products orders; do
    "$program" -q load --store "s$n" --types \
      "$top/tests/fakeshop/admin-2026-10.reduced.json" "$job" "$job.jsonl" \
      >/dev/null
  done
done
TIMEFORMAT="$stores stores; views created in %R s"
time "$program" views >made
TIMEFORMAT='and checked again in %R s'
time "$program" views >made
ask -c 'VACUUM ANALYZE'

# ---- the alternatives -------------------------------------------------------

ask <<'EOF'
CREATE SCHEMA mat;
CREATE SCHEMA copy;
DO $$ DECLARE t text; s text; BEGIN
  FOR t IN SELECT viewname FROM pg_views WHERE schemaname = 'stores'
           AND viewname <> 'shops' LOOP
    EXECUTE format('CREATE MATERIALIZED VIEW mat.%I AS SELECT * FROM stores.%I',
                   t, t);
    EXECUTE format('CREATE UNIQUE INDEX ON mat.%I (store, id)', t);
    EXECUTE format('CREATE TABLE copy.%I (LIKE stores.%I) PARTITION BY LIST '
                   '(store)', t, t);
    FOR s IN SELECT DISTINCT store FROM bulkpg.relation LOOP
      EXECUTE format('CREATE TABLE copy.%I PARTITION OF copy.%I '
                     'FOR VALUES IN (%L)', t || '_' || s, t, s);
    END LOOP;
    EXECUTE format('INSERT INTO copy.%I SELECT * FROM stores.%I', t, t);
    EXECUTE format('CREATE UNIQUE INDEX ON copy.%I (store, id)', t);
  END LOOP;
END $$;
EOF
ask -c 'VACUUM ANALYZE'

# ---- the queries -----------------------------------------------------------

cat >one_row.sql <<'EOF'
SELECT title FROM products WHERE store = 's7' AND id = 5
EOF
cat >one_store.sql <<'EOF'
SELECT p.vendor, sum(l.quantity) FROM orders o
JOIN orders_line_items l ON l.store = o.store AND l._parent_id = o.id
JOIN products p ON p.store = l.store AND p.id = l.product_id
WHERE o.store = 's7' AND l.store = 's7' AND p.store = 's7' GROUP BY 1
EOF
cat >two_tables.sql <<'EOF'
SELECT o.store, sum(l.quantity) FROM orders o
JOIN orders_line_items l ON l.store = o.store AND l._parent_id = o.id
GROUP BY 1
EOF
cat >three_tables.sql <<'EOF'
SELECT p.vendor, sum(l.quantity) FROM orders o
JOIN orders_line_items l ON l.store = o.store AND l._parent_id = o.id
JOIN products p ON p.store = l.store AND p.id = l.product_id GROUP BY 1
EOF

# measure SCHEMA FILE SETTING: medians of five, in ms: planning as the first
# statement of a session, planning again, execution; and the number of locks.
measure() {
  local n explain
  explain="EXPLAIN (ANALYZE, TIMING OFF, SUMMARY) $(cat "$2")"
  for n in 1 2 3 4 5; do
    ask -c "SET search_path = \"$1\"; $3" -c "$explain" -c 'BEGIN' \
      -c "$explain" -c "SELECT 'Locks : ' || count(*) FROM pg_locks
                        WHERE pid = pg_backend_pid() AND relation > 16384"
  done | awk '/^Planning Time/ { print n++ % 2 ? "2" : "1", $3 }
              /^Execution Time/ && m++ % 2 { print "3", $3 }
              /^Locks/ { print "4", $3 }' | sort -k1,1 -k2n |
    awk '{ n[$1]++; if (n[$1] == 3) printf "%9.1f", $2 } END { print "" }'
}

printf '%-20s %9s%9s%9s%9s\n' '' planning again execute locks
for question in one_row one_store two_tables three_tables; do
  for schema in all mat copy; do
    printf '%-13s %-6s %s\n' "$question" "$schema" \
      "$(measure "$schema" "$question.sql" '')"
  done
  printf '%-13s %-6s %s\n' "$question" 'copy*' \
    "$(measure copy "$question.sql" 'SET enable_partitionwise_join = on')"
done
echo "copy*: with enable_partitionwise_join"

# ---- refreshing copies ------------------------------------------------------

timed() {
  local began
  began=$(date +%s%N)
  ask -c "$2"
  echo "$1: $((($(date +%s%N) - began) / 1000000)) ms"
}

timed 'refresh of orders_line_items' \
  'REFRESH MATERIALIZED VIEW mat.orders_line_items'
timed 'the same, concurrently' \
  'REFRESH MATERIALIZED VIEW CONCURRENTLY mat.orders_line_items'
timed 'one store in the copy' "BEGIN; TRUNCATE copy.orders_line_items_s7;
  INSERT INTO copy.orders_line_items_s7 SELECT * FROM stores.orders_line_items
  WHERE store = 's7'; COMMIT"
