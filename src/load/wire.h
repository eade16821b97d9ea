/*
 * wire - PostgreSQL's binary formats, into a buffer.
 *
 * Sources: PostgreSQL's *_recv functions (numeric.c, timestamp.c, date.c,
 * jsonb.c). Integers are big-endian. A value is preceded by its length as
 * int32, -1 for NULL; that is for the caller (encode.h).
 */
#ifndef LOAD_WIRE_H
#define LOAD_WIRE_H

#include <endian.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

/* PostgreSQL's times begin here, in seconds since 1970. */
#define WIRE_EPOCH_S INT64_C(946684800) /* 2000-01-01 */

enum { WIRE_DIGITS_MAX = 10000 }; /* decimal digits that a number may need */

static inline void
wire_int16(struct buf *out, int16_t value)
{
    uint16_t bytes = htobe16((uint16_t)value);

    buf_append(out, &bytes, sizeof(bytes));
}

static inline void
wire_int32(struct buf *out, int32_t value)
{
    uint32_t bytes = htobe32((uint32_t)value);

    buf_append(out, &bytes, sizeof(bytes));
}

static inline void
wire_int64(struct buf *out, int64_t value)
{
    uint64_t bytes = htobe64((uint64_t)value);

    buf_append(out, &bytes, sizeof(bytes));
}

/* A bigint with its length before it. */
static inline void
wire_sized_int64(struct buf *out, int64_t value)
{
    wire_int32(out, sizeof(value));
    wire_int64(out, value);
}

/* Overwrite the int32 at `at`, written before. */
void wire_set_int32(struct buf *out, size_t at, int32_t value);

/* ERR_ROW: "<text>" is no <what>; a long text is cut. Always returns false. */
bool wire_refuse(struct span text, const char *what, struct err *err);

/* A decimal number ("-12.50", "1e3") as numeric, every digit kept. ERR_ROW
 * when it is none, or needs more than WIRE_DIGITS_MAX digits. */
MUST_CHECK bool
wire_numeric(struct buf *out, struct span text, struct err *err);

/* An integer, also written "5.0"; within [low, high]. ERR_ROW otherwise, with
 * the code NUMBER_TOO_LARGE where it is an integer but out of that range. */
MUST_CHECK bool wire_parse_integer(struct span text, int64_t low, int64_t high,
                                   int64_t *value, struct err *err);
MUST_CHECK bool
wire_parse_double(struct span text, double *value, struct err *err);

/* ISO 8601 with Z, an offset, or neither (UTC), to microseconds since
 * 2000-01-01 00:00 UTC; a bare date is its midnight. */
MUST_CHECK bool
wire_parse_timestamp(struct span text, int64_t *micros, struct err *err);

/* YYYY-MM-DD to days since 2000-01-01. */
MUST_CHECK bool
wire_parse_date(struct span text, int32_t *days, struct err *err);

/* JSON text that PostgreSQL takes as jsonb: its numbers within the digits
 * above. */
MUST_CHECK bool wire_check_json(struct span json, struct err *err);

#endif
