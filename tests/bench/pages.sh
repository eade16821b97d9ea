#!/bin/sh
# The benchmark of queries that are read by pages; it prints a table.
#
#   tests/bench/pages.sh PROGRAM [rate] [latency] [memory] [cpu]
#
# README.md says what is measured, and lists the environment variables.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
: "${1:?usage: pages.sh PROGRAM [rate] [latency] [memory] [cpu]}"
PYTHONPATH=$here:$(dirname "$here")/e2e
PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH PYTHONDONTWRITEBYTECODE
exec python3 "$here/pages.py" "$@"
