/*
 * gunzip - a gzip file as the bytes that were packed, a piece at a time; the
 * only place that knows zlib.
 *
 * Files of several members, as pigz and cat make them, are read to the end.
 */
#ifndef SOURCE_GUNZIP_H
#define SOURCE_GUNZIP_H

#include "base/err.h"
#include "base/span.h"

/* How many first bytes gunzip_is_packed() looks at. */
enum { GUNZIP_MAGIC_BYTES = 2 };

/* Do these first bytes of a file say that it is packed? */
bool gunzip_is_packed(struct span first);

struct gunzip;

struct gunzip *gunzip_new(void);
void gunzip_free(struct gunzip *gunzip);

/* Unpack from `*packed`, which is moved behind what was taken, into `size`
 * bytes at `out`; *length of them are used then. ERR_FAILED for a file that
 * is damaged. */
MUST_CHECK bool
gunzip_read(struct gunzip *gunzip, struct span *packed, char *out, size_t size,
            size_t *length, struct err *err);

/* The file ends here: ERR_FAILED if it was cut off. */
MUST_CHECK bool gunzip_end(const struct gunzip *gunzip, struct err *err);

#endif
