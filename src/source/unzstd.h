/*
 * unzstd - decompresses a zstd file, a piece at a time. With pack.h the only
 * place that knows libzstd.
 *
 * A file may have several frames. A frame whose window is larger than 16 MiB,
 * as `zstd --long` writes it, is refused, because it would need that memory.
 */
#ifndef SOURCE_UNZSTD_H
#define SOURCE_UNZSTD_H

#include "base/err.h"
#include "base/span.h"

/* The number of bytes of a file that unzstd_is_packed() needs. */
enum { UNZSTD_MAGIC_BYTES = 4 };

/* True if a file that begins with these bytes is a zstd file. */
bool unzstd_is_packed(struct span first);

struct unzstd;

struct unzstd *unzstd_new(void);
void unzstd_free(struct unzstd *unzstd); /* NULL is allowed */

/* Decompress bytes of `*packed` into `out`, at most `size` bytes. `*packed`
 * becomes the bytes that are left, `*length` the number of bytes written.
 * ERR_FAILED with the code BAD_ZSTD if the file is damaged, or ZSTD_WINDOW if
 * it would need too much memory. */
MUST_CHECK bool
unzstd_read(struct unzstd *unzstd, struct span *packed, char *out, size_t size,
            size_t *length, struct err *err);

/* Call at the end of the file. ERR_FAILED with the code BAD_ZSTD if a frame is
 * incomplete. */
MUST_CHECK bool unzstd_end(const struct unzstd *unzstd, struct err *err);

#endif
