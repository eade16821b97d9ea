#!/bin/sh
# The benchmark of `bulkpg listen`; it prints a table.
#
#   tests/bench/listen.sh PROGRAM
#
# README.md says what is measured, and lists the environment variables.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
: "${1:?usage: listen.sh PROGRAM}"
PYTHONPATH=$here:$(dirname "$here")/e2e
PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH PYTHONDONTWRITEBYTECODE
exec python3 "$here/listen.py" "$@"
