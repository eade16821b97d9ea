#!/bin/sh
# The benchmark of pushes; it prints a table.
#
#   tests/bench/push.sh PROGRAM [upload] [stage] [unchanged]
#
# README.md says what is measured, and lists the environment variables.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
: "${1:?usage: push.sh PROGRAM [upload] [stage] [unchanged]}"
PYTHONPATH=$here:$(dirname "$here")/e2e
PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH PYTHONDONTWRITEBYTECODE
exec python3 "$here/push.py" "$@"
