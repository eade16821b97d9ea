#!/bin/sh
# The benchmark: bulkpg, psql \copy as the floor, and scripts of other tools.
#
#   tests/bench/run.sh PROGRAM
#
# README.md says what is measured, and lists the environment variables.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
program=${1:?usage: run.sh PROGRAM}
for tool in python3 node nginx psql time; do
  PATH=$PATH:/usr/sbin command -v "$tool" >/dev/null || [ -x "/usr/bin/$tool" ] || {
    echo "bench: $tool is missing; scripts/install-packages.sh bench" >&2
    exit 1
  }
done
PYTHONPATH=$here:$(dirname "$here")/e2e
PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH PYTHONDONTWRITEBYTECODE
exec python3 "$here/bench.py" "$program"
