#!/bin/bash
# Counts the instructions that bulkpg takes to parse and encode a line. Unlike a
# time, the count can be compared from one change to the next.
#
#   tests/bench/count.sh PROGRAM [--write]
#
# Prints the count, and a line that begins with "note: " if it is more than 5 %
# above the count in count.txt. The exit status is 0 in any case. --write writes
# the new count into count.txt.
set -euo pipefail

program=$(realpath "${1:?usage: count.sh PROGRAM [--write]}")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
types=$here/../fakeshop/admin-2026-10.reduced.json
known=$here/count.txt
command -v valgrind >/dev/null || {
  echo "note: valgrind is not installed, instructions not counted"
  exit 0
}
folder=$(mktemp -d /tmp/bench-count.XXXXXX)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

mkdir queries
printf '[database]\n[store count]\ndomain = count\ntoken = env:HOME\n' \
  >bulkpg.ini
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$here python3 - <<'EOT'
from catalogue import PRODUCTS, Data
with open("queries/products.graphql", "w", encoding="utf-8") as file:
    file.write(PRODUCTS)
for roots in (500, 2500):
    Data(".", "products", roots)
EOT

# instructions ROOTS: the instructions of a whole command.
instructions() {
  valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null \
    "$program" load products "products-$1/result.jsonl" --dry-run \
    --types "$types" 2>&1 >/dev/null |
    sed -n 's/.*I *refs: *//p' | tr -d ,
}

# The difference of two sizes excludes the start of the program and reading the
# types.
few=$(instructions 500 || true)
many=$(instructions 2500 || true)
if [ -z "$few" ] || [ -z "$many" ]; then
  echo "note: instructions could not be counted"
  exit 0
fi
counted=$(((many - few) / 12000))
echo "count: $counted instructions to parse and encode a line"
if [ "${2:-}" = --write ]; then
  echo "$counted" >"$known"
elif [ "$counted" -gt $(($(cat "$known") * 105 / 100)) ]; then
  echo "note: $counted instructions a line, $(cat "$known") before;" \
    "to accept it: tests/bench/count.sh build/bulkpg --write"
fi
