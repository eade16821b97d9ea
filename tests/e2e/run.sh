#!/bin/sh
# End-to-end tests. They run the program against a temporary PostgreSQL server
# and a fake store, and compare the tables with those of the oracle, which
# derives them from the query and the data and shares no code with the program.
#
#   tests/e2e/run.sh PROGRAM [-v] [-j JOBS] [PART-OF-A-TEST'S-NAME...]
#
# Environment variables:
#   E2E_SEEDS=500         tests that many random queries
#   E2E_KILLS=520         kills the program that many times at random moments
#   E2E_KILL_SEED=N       repeats the random kills of an earlier run
#   E2E_LONG=1            also runs the long variants
#   E2E_BROWSER=chromium  measures the report's page in that browser
#   E2E_SCHEMA=FILE       uses another introspection result
#   E2E_PATIENCE=N        a test that hangs ends after 600 s times N
#   PG_BIN=FOLDER         the folder with initdb of another PostgreSQL version
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
  echo "e2e: $program cannot be executed" >&2
  exit 1
}
PYTHONPATH=$here
PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH PYTHONDONTWRITEBYTECODE
exec python3 -m harness.runner "$@"
