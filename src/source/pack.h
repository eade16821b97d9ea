/*
 * pack - compresses bytes with zstd, a piece at a time.
 */
#ifndef SOURCE_PACK_H
#define SOURCE_PACK_H

#include "base/err.h"
#include "base/span.h"

struct pack;

struct pack *pack_new(void);
void pack_free(struct pack *pack); /* NULL is allowed */

/* Takes compressed bytes. */
typedef bool pack_write_fn(void *ctx, struct span bytes, struct err *err);

/* Compress bytes, and give what is ready to `write`. */
MUST_CHECK bool pack_add(struct pack *pack, struct span bytes,
                         pack_write_fn *write, void *ctx, struct err *err);

/* End the frame, and give the rest to `write`. Another frame can begin. */
MUST_CHECK bool
pack_end(struct pack *pack, pack_write_fn *write, void *ctx, struct err *err);

#endif
