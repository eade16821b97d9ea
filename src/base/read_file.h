/*
 * read_file - reads a small file as a whole into a buf.
 *
 * Opening a file never waits: a FIFO without a writer is refused, as is every
 * file that is not a regular one. The caller reports a failure with a message
 * of its own.
 */
#ifndef BASE_READ_FILE_H
#define BASE_READ_FILE_H

#include <sys/stat.h>

#include "base/buf.h"

/* For every result except OK, errno is set. */
enum read_file_end {
    READ_FILE_OK,
    READ_FILE_FAILED, /* the file cannot be opened or read */
    READ_FILE_NOT_REGULAR,
    READ_FILE_TOO_LONG /* for the ceiling of `text`, which is full */
};

/* Append the content of the file to `text`. `status` may be NULL; otherwise it
 * is filled if the file could be opened. A file whose size is known is read
 * into one allocation, so that no copies of a secret are left in memory. */
enum read_file_end
read_file_text(const char *path, struct buf *text, struct stat *status);

#endif
