#!/bin/bash
# Loads a store's products, orders, stock and payouts into PostgreSQL, from an
# empty folder to the first answers, and changes prices in the store. The store
# is a fake one on this machine, and the PostgreSQL server runs in a temporary
# folder; both are removed at the end.
#
#     scripts/demo.sh
#
# DEMO_PICTURE=FILE.svg also draws the terminal of the first run.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(dirname "$here")
folder=
store_pid=
listen_pid=
# The demo uses neither the user's database nor the user's build flags.
for name in "${!PG@}"; do
  [[ $name == PG_* ]] || unset "$name"
done
unset MAKEFLAGS MAKELEVEL MFLAGS CFLAGS CPPFLAGS LDFLAGS
export PGCLIENTENCODING=UTF8 LC_ALL=C.UTF-8

# ---- small helpers ---------------------------------------------------------

heading() {
  printf '\n--- %s ---\n\n' "$1"
}

fail() {
  echo "demo: $1" >&2
  exit 1
}

# quietly NAME COMMAND...: prints the command's output only if it fails.
quietly() {
  local name=$1 log=$folder/log
  shift
  "$@" >"$log" 2>&1 </dev/null || {
    grep -v '^  [A-Z][A-Z]* build' "$log" | tail -n 30 >&2
    fail "$name failed"
  }
}

# PostgreSQL does not run as root.
as_server() {
  if [ "$(id -u)" -eq 0 ]; then
    setpriv --reuid="$server_user" --regid="$(id -g "$server_user")" \
      --clear-groups -- "$@"
  else
    "$@"
  fi
}

ask() {
  psql -X -q -P pager=off -P footer=off -v ON_ERROR_STOP=1 \
    -h "$folder/pg" -U demo -d demo "$@"
}

clean_up() {
  local pid
  trap '' INT TERM HUP
  for pid in $listen_pid $store_pid; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  if [ -n "$folder" ]; then
    if [ -f "$folder/pg/data/postmaster.pid" ]; then
      as_server "$bin/pg_ctl" -D "$folder/pg/data" -m immediate -w stop \
        >/dev/null 2>&1 || true
    fi
    rm -rf "$folder"
  fi
}

# ---- requirements ----------------------------------------------------------

find_server() {
  local place
  for place in "${PG_BIN:-}" $(printf '%s\n' /usr/lib/postgresql/*/bin |
    sort -rV) "$(dirname "$(command -v initdb || true)")"; do
    if [ -x "$place/initdb" ]; then
      bin=$place
      PATH=$bin:$PATH
      return
    fi
  done
  fail "no initdb found; set PG_BIN to its folder"
}

find_server_user() {
  for server_user in postgres nobody; do
    if id "$server_user" >/dev/null 2>&1; then
      return
    fi
  done
  fail "root needs a user postgres or nobody to run PostgreSQL as"
}

build() {
  mkdir -p "$top/build" 2>/dev/null || true
  [ -w "$top/build" ] || fail "cannot write to $top/build"
  quietly make make -C "$top" -j"$(nproc)"
  printf 'Built %s.\n' "$("$top/build/bulkpg" --version | head -n 1)"
}

# ---- PostgreSQL and the store ----------------------------------------------

start_server() {
  mkdir "$folder/pg"
  if [ "$(id -u)" -eq 0 ]; then
    chown "$server_user" "$folder/pg"
  fi
  cd / # the server's user may not be able to read the current folder
  quietly initdb as_server "$bin/initdb" -D "$folder/pg/data" -U demo -A trust \
    -E UTF8 --locale=C --no-sync
  quietly pg_ctl as_server "$bin/pg_ctl" -D "$folder/pg/data" -w \
    -l "$folder/pg/server.log" -o "-c listen_addresses='' \
    -c unix_socket_directories='$folder/pg'" start
  quietly createdb "$bin/createdb" -h "$folder/pg" -U demo demo
  ask -Atc "SELECT 'PostgreSQL ' || current_setting('server_version')
    || ' listens on a socket in $folder.'"
}

start_store() {
  node "$top/tests/fakeshop/fakeshop.js" --stores acme \
    --ready-file "$folder/ready" >"$folder/store.log" 2>&1 </dev/null &
  store_pid=$!
  for _ in $(seq 300); do
    [ ! -e "$folder/ready" ] || break
    kill -0 "$store_pid" 2>/dev/null || break
    sleep 0.1
  done
  [ -e "$folder/ready" ] || {
    tail -n 5 "$folder/store.log" >&2
    fail "the fake store did not start"
  }
  endpoint=$(of_store endpoint)
  ACME_CLIENT_SECRET=$(of_store client_secret)
  export ACME_CLIENT_SECRET
  echo "The store answers at $endpoint."
}

of_store() {
  node -p "JSON.parse(fs.readFileSync('$folder/ready')).stores[0].$1"
}

# ---- bulkpg ----------------------------------------------------------------

write_configuration() {
  bulkpg init shop
  cd shop
  bulkpg init --add orders,inventory
  cat >bulkpg.ini <<END
[database]
dsn = host=$folder/pg user=demo dbname=demo

[store acme]
domain = $(of_store domain)
endpoint = $endpoint
client_id = $(of_store client_id)
client_secret = env:ACME_CLIENT_SECRET
END
  printf '\nbulkpg.ini, with the fake store:\n\n'
  cat bulkpg.ini
}

# Runs bulkpg and prints its log without times, operation ids, and zeros.
bulkpg() {
  printf '$ bulkpg %s\n' "$*"
  "$top/build/bulkpg" "$@" 2>&1 |
    sed -E '/^time=/ {
      s/^time=[^ ]+ level=info //
      s/ (op|store|seconds|load_ms|merge_ms)=[^ ]+//g
      s/ [a-z]+=0\>//g
    }'
}

# The same run, drawn as the terminal shows it.
draw_first_run() {
  export PGHOST=$folder/pg PGUSER=demo PGDATABASE=demo PATH=$top/build:$PATH
  "$here/draw-terminal" "$1" "bulkpg run" "psql -P footer=off -c \"
  SELECT to_char(processed_at, 'YYYY-MM') AS month, count(*) AS orders,
         sum(total_price) AS revenue, currency_code AS currency
  FROM acme.orders GROUP BY 1, 4 ORDER BY 1 DESC LIMIT 4\""
  unset PGHOST PGUSER PGDATABASE
}

# ---- webhooks --------------------------------------------------------------

# Asks the fake store's control interface.
control() {
  node -e 'const [url, body] = process.argv.slice(1);
    fetch(url, { method: "POST", body }).then((answer) => {
      process.exitCode = answer.ok ? 0 : 1; });' \
    "${endpoint%/s/*}/_control/$1" "$2"
}

start_listener() {
  local port
  port=$(node -e 'const server = require("net").createServer().listen(0,
    "127.0.0.1", () => { console.log(server.address().port);
      server.close(); });')
  control set "{\"webhook_routes\":
    {\"https://hooks.example.com\": \"http://127.0.0.1:$port\"}}"
  printf '$ bulkpg listen --port %s &\n' "$port"
  "$top/build/bulkpg" listen --port "$port" >"$folder/listen.log" 2>&1 \
    </dev/null &
  listen_pid=$!
  for _ in $(seq 300); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      return
    fi
    kill -0 "$listen_pid" 2>/dev/null || break
    sleep 0.1
  done
  tail -n 5 "$folder/listen.log" >&2
  fail "bulkpg listen did not start"
}

title() {
  ask -Atc "SELECT title FROM acme.products ORDER BY id LIMIT 1"
}

# Changes a product in the store, and waits until the table has the new title.
change_title() {
  local since
  control change '{"store": "acme", "type": "Product", "count": 1,
    "set": {"title": "New Title, Just Now"}}'
  since=$(date +%s%N)
  until [ "$(title)" = "New Title, Just Now" ]; do
    [ $(($(date +%s%N) - since)) -lt 120000000000 ] ||
      fail "the new title did not arrive"
    sleep 0.1
  done
  printf 'The new title arrived after %s s: %s\n' \
    "$((($(date +%s%N) - since) / 1000000000))" "$(title)"
}

# ---- the demo --------------------------------------------------------------

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

"$here/install-packages.sh" build demo
folder=$(mktemp -d /tmp/bulkpg-demo.XXXXXX)
chmod 755 "$folder"
mkdir "$folder/home"
picture=${DEMO_PICTURE:+$(realpath "$DEMO_PICTURE")}
find_server
find_server_user
build
began=$SECONDS

heading "Start a temporary PostgreSQL server and a fake store"
start_server
start_store

heading "Create a folder with three ready queries: one file is one job"
cd "$folder/home"
write_configuration

heading "Check the configuration, the store and the queries"
bulkpg check

heading "Run the three jobs side by side"
if [ -n "$picture" ]; then
  draw_first_run "$picture"
else
  bulkpg run
fi

heading "Look at the tables"
ask -f "$here/demo/tables.sql"
ask -f "$here/demo/answers.sql"

heading "Run again: the store has not changed, so nothing is written"
bulkpg run

echo
ask -Atc "SELECT format('The second run wrote %s rows.',
  sum(rows_inserted + rows_updated + rows_deleted))
  FROM bulkpg.run WHERE run_id > 3"

heading "Payouts: bulk operations cannot read them, so bulkpg reads pages"
bulkpg init --add payouts
printf '\n'
bulkpg plan payouts | sed -n '/^\$/p; /^-- The requests/,/^$/p'
bulkpg run payouts
echo
ask -f "$here/demo/payouts.sql"

heading "The way back: push three prices to the store, then load them"
bulkpg init --add prices
ask -f "$here/demo/wanted.sql"
printf '\n'
bulkpg push prices
bulkpg run products
echo
ask -f "$here/demo/prices.sql"
bulkpg push prices

heading "Within seconds: webhooks say what changed, and bulkpg fetches it"
start_listener
bulkpg hooks subscribe https://hooks.example.com | sed -n '1p; /products/p'
printf '\nThe title of the first product is: %s\n' "$(title)"
echo "Its title is changed in the store."
change_title
echo
echo "Done in $((SECONDS - began)) s. The server, the store and the folder" \
  "are removed."
