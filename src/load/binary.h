/*
 * binary - PostgreSQL's binary formats, into a buffer.
 *
 * Sources: PostgreSQL's *_recv functions (numeric.c, jsonb.c). Integers are
 * big-endian. A value is preceded by its length as int32, -1 for NULL; that is
 * for the caller (encode.h).
 */
#ifndef LOAD_BINARY_H
#define LOAD_BINARY_H

#include <endian.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

enum { BINARY_DIGITS_MAX = 10000 }; /* decimal digits that a number may need */

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

/* A bigint with its length before it. */
static inline void
binary_sized_int64(struct buf *out, int64_t value)
{
    binary_int32(out, sizeof(value));
    binary_int64(out, value);
}

/* Overwrite the int32 at `at`, written before. */
void binary_set_int32(struct buf *out, size_t at, int32_t value);

/* A decimal number ("-12.50", "1e3") as numeric, every digit kept. ERR_ROW
 * when it is none, or needs more than BINARY_DIGITS_MAX digits. */
MUST_CHECK bool
binary_numeric(struct buf *out, struct span text, struct err *err);

/* An integer, also written "5.0"; within [low, high]. ERR_ROW otherwise, with
 * the code NUMBER_TOO_LARGE where it is an integer but out of that range. */
MUST_CHECK bool
binary_parse_integer(struct span text, int64_t low, int64_t high,
                     int64_t *value, struct err *err);
MUST_CHECK bool
binary_parse_double(struct span text, double *value, struct err *err);

/* JSON text that PostgreSQL takes as jsonb: its numbers within the digits
 * above. */
MUST_CHECK bool binary_check_json(struct span json, struct err *err);

#endif
