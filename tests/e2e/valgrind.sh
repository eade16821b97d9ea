#!/bin/sh
# Runs the program $BULKPG under valgrind. Give this script to run.sh in place
# of the program. If valgrind finds an error, the exit status is 99, which the
# program itself never uses.
exec valgrind -q --leak-check=full --error-exitcode=99 \
  "${BULKPG:?the program}" "$@"
