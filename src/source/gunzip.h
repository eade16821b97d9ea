/*
 * gunzip - decompresses a gzip file, a piece at a time. The only place that
 * knows zlib.
 *
 * A file may have several members, as pigz and cat write them. All of them are
 * read.
 */
#ifndef SOURCE_GUNZIP_H
#define SOURCE_GUNZIP_H

#include "base/err.h"
#include "base/span.h"

/* The number of bytes of a file that gunzip_is_packed() needs. */
enum { GUNZIP_MAGIC_BYTES = 2 };

/* True if a file that begins with these bytes is a gzip file. */
bool gunzip_is_packed(struct span first);

struct gunzip;

struct gunzip *gunzip_new(void);
void gunzip_free(struct gunzip *gunzip);

/* Decompress bytes of `*packed` into `out`, at most `size` bytes. `*packed`
 * becomes the bytes that are left, `*length` the number of bytes written.
 * ERR_FAILED with the code BAD_GZIP if the file is damaged. */
MUST_CHECK bool
gunzip_read(struct gunzip *gunzip, struct span *packed, char *out, size_t size,
            size_t *length, struct err *err);

/* Call at the end of the file. ERR_FAILED with the code BAD_GZIP if a member is
 * incomplete. */
MUST_CHECK bool gunzip_end(const struct gunzip *gunzip, struct err *err);

#endif
