/*
 * binary - append values to a buffer in PostgreSQL's binary formats.
 *
 * Sources: PostgreSQL's *_recv functions (numeric.c, jsonb.c). Integers are
 * big-endian. Each value follows its length as int32, and a NULL is the length
 * -1. The caller (encode.c) writes the length.
 */
#ifndef LOAD_BINARY_H
#define LOAD_BINARY_H

#include <endian.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

enum { BINARY_DIGITS_MAX = 10000 }; /* decimal digits of a number */

static inline void
binary_int16(struct buf *out, int16_t value)
{
    uint16_t bytes = htobe16((uint16_t)value);

    buf_append(out, &bytes, sizeof(bytes));
}

static inline void
binary_int32(struct buf *out, int32_t value)
{
    uint32_t bytes = htobe32((uint32_t)value);

    buf_append(out, &bytes, sizeof(bytes));
}

static inline void
binary_int64(struct buf *out, int64_t value)
{
    uint64_t bytes = htobe64((uint64_t)value);

    buf_append(out, &bytes, sizeof(bytes));
}

/* A bigint, preceded by its length. */
static inline void
binary_sized_int64(struct buf *out, int64_t value)
{
    binary_int32(out, sizeof(value));
    binary_int64(out, value);
}

/* Overwrite the int32 at offset `at`. */
void binary_set_int32(struct buf *out, size_t at, int32_t value);

/* Append a decimal number ("-12.50", "1e3") as numeric, with all its digits.
 * ERR_ROW if `text` is not a number, or if it needs more than
 * BINARY_DIGITS_MAX digits; `out` is then unchanged. */
MUST_CHECK bool
binary_numeric(struct buf *out, struct span text, struct err *err);

/* Read an integer in [low, high]; "5.0" is one too. ERR_ROW if `text` is not an
 * integer, with the code NUMBER_TOO_LARGE if it is one outside the range. */
MUST_CHECK bool
binary_parse_integer(struct span text, int64_t low, int64_t high,
                     int64_t *value, struct err *err);

/* ERR_ROW if `text` is not a number, or is too large for a double. */
MUST_CHECK bool
binary_parse_double(struct span text, double *value, struct err *err);

/* Check that PostgreSQL accepts valid JSON text as jsonb. ERR_ROW if a number
 * in it needs more than BINARY_DIGITS_MAX digits. */
MUST_CHECK bool binary_check_json(struct span json, struct err *err);

/* binary_net.c: append the length and the value. ERR_ROW if `text` is not one;
 * a cidr is a network, without bits to the right of its mask. */
MUST_CHECK bool binary_uuid(struct buf *out, struct span text, struct err *err);
MUST_CHECK bool
binary_macaddr(struct buf *out, struct span text, struct err *err);
MUST_CHECK bool
binary_inet(struct buf *out, struct span text, bool is_cidr, struct err *err);

#endif
