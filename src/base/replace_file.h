/*
 * replace_file - writes a file as a whole, or not at all.
 *
 * A process that reads the file at the same time sees the old content or the
 * new one.
 */
#ifndef BASE_REPLACE_FILE_H
#define BASE_REPLACE_FILE_H

#include "base/err.h"
#include "base/span.h"

/* Write `bytes` to a new file in the folder of `path`, with mode 0644, and
 * rename it to `path`. If `path` is a link, the file that it points to is
 * replaced. If it is not a regular file (a pipe, /dev/stdout), it is written to
 * directly. Fails with ERR_CONFIG. */
MUST_CHECK bool
replace_file(const char *path, struct span bytes, struct err *err);

#endif
