#!/bin/sh
# The benchmark of @history and [archive]; it prints tables.
#
#   tests/bench/keeping.sh PROGRAM
#
# README.md says what is measured, and lists the environment variables.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
: "${1:?usage: keeping.sh PROGRAM}"
PYTHONPATH=$here:$(dirname "$here")/e2e
PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH PYTHONDONTWRITEBYTECODE
exec python3 "$here/keeping.py" "$@"
