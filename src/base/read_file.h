/*
 * read_file - a small file, whole, into a buf.
 *
 * Opening never waits: a FIFO without a writer is refused like any other file
 * that is not a regular one. What a failure means, and which message it has, is
 * the caller's to say.
 */
#ifndef BASE_READ_FILE_H
#define BASE_READ_FILE_H

#include <sys/stat.h>

#include "base/buf.h"

/* Every end but OK leaves errno set to a reason that strerror() can print. */
enum read_file_end {
    READ_FILE_OK,
    READ_FILE_FAILED, /* to open or to read */
    READ_FILE_NOT_REGULAR,
    READ_FILE_TOO_LONG /* for the ceiling of `text`, which is full */
};

/* Append what the file holds to `text`. `status`, which may be NULL, is filled
 * unless the file could not be opened. A file whose size is known is read into
 * one allocation, so that a secret leaves no copies behind. */
enum read_file_end
read_file_text(const char *path, struct buf *text, struct stat *status);

#endif
