#!/bin/sh
# Only base/out.h and base/log.h may write to standard output and error, because
# they make foreign text safe. Lists all other places; ends with 1 if there are
# any.
#
#     scripts/check-output.sh
cd "$(dirname "$0")/.." || exit 1
found=$(grep -rnE --include='*.c' \
    '(^|[^a-z_])(printf|puts|putchar|fputs|fputc|putc|fprintf|vprintf)\(' src |
    grep -vE '^src/base/(out|log|mem)\.c:|^src/source/sidecar\.c:')
[ -z "$found" ] && exit 0
echo "$found"
echo "print through base/out.h: it makes foreign text safe"
exit 1
