/*
 * replace_file - a file written as a whole, or not at all.
 *
 * Whoever reads it meanwhile sees what it was before or what it is now.
 */
#ifndef BASE_REPLACE_FILE_H
#define BASE_REPLACE_FILE_H

#include "base/err.h"
#include "base/span.h"

/* Write `bytes` to a file beside `path`, mode 0644, and give it that name. A
 * link stays a link; what is no regular file (a pipe, /dev/stdout) is written
 * to as it stands. ERR_CONFIG. */
MUST_CHECK bool
replace_file(const char *path, struct span bytes, struct err *err);

#endif
