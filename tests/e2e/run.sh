#!/bin/sh
# End-to-end tests: the program against a throw-away PostgreSQL and a fake
# store, compared with what an independent reading of query and data gives.
#
#   tests/e2e/run.sh PROGRAM [-v] [-j JOBS] [PART-OF-A-TEST'S-NAME...]
#
# E2E_SEEDS=500 tries that many random queries, E2E_KILLS=520 kills that often
# (E2E_KILL_SEED=N as that time), E2E_LONG=1 runs the long variants,
# E2E_BROWSER=chromium measures the report's page in that browser,
# E2E_SCHEMA=FILE another introspection result, PG_BIN the folder of another
# server's initdb. What hangs is ended after 600 s times E2E_PATIENCE.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
program=${1:?usage: run.sh PROGRAM}
for tool in python3 node; do
  command -v "$tool" >/dev/null || {
    echo "e2e: $tool is missing" >&2
    exit 1
  }
done
[ -x "$program" ] || {
  echo "e2e: $program is no program" >&2
  exit 1
}
PYTHONPATH=$here
PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH PYTHONDONTWRITEBYTECODE
exec python3 -m harness.runner "$@"
