/*
 * timestamp - points in time and dates as PostgreSQL counts them.
 */
#ifndef BASE_TIMESTAMP_H
#define BASE_TIMESTAMP_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

/* PostgreSQL's times begin here, in seconds since 1970. */
#define TIMESTAMP_EPOCH_S INT64_C(946684800) /* 2000-01-01 */

/* ISO 8601 with Z, an offset, or neither (UTC), to microseconds since
 * 2000-01-01 00:00 UTC; a bare date is its midnight. ERR_ROW if it is neither.
 * */
MUST_CHECK bool
timestamp_parse(struct span text, int64_t *micros, struct err *err);

/* YYYY-MM-DD to days since 2000-01-01. ERR_ROW if it is not a date. */
MUST_CHECK bool
timestamp_parse_date(struct span text, int32_t *days, struct err *err);

#endif
