/*
 * unpack - decompresses a file, whose first bytes say how it was compressed:
 * with gzip (gunzip.h), with zstd (unzstd.h), or not at all.
 */
#ifndef SOURCE_UNPACK_H
#define SOURCE_UNPACK_H

#include "base/err.h"
#include "base/span.h"

/* The number of bytes of a file that unpack_is_packed() needs. */
enum { UNPACK_MAGIC_BYTES = 4 };

/* Is a file that begins with these bytes compressed? */
bool unpack_is_packed(struct span first);

struct unpack;

/* `first`: the first bytes of a compressed file. */
struct unpack *unpack_new(struct span first);
void unpack_free(struct unpack *unpack); /* NULL is allowed */

/* See gunzip_read() and gunzip_end(). */
MUST_CHECK bool
unpack_read(struct unpack *unpack, struct span *packed, char *out, size_t size,
            size_t *length, struct err *err);
MUST_CHECK bool unpack_end(const struct unpack *unpack, struct err *err);

#endif
