#!/bin/sh
# The program $BULKPG under valgrind, to be given to run.sh in its place. What
# valgrind finds ends in a status that the program does not have.
exec valgrind -q --leak-check=full --error-exitcode=99 \
  "${BULKPG:?the program}" "$@"
