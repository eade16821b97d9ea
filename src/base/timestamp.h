/*
 * timestamp - converts texts to timestamps and dates as PostgreSQL stores them.
 */
#ifndef BASE_TIMESTAMP_H
#define BASE_TIMESTAMP_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

/* The zero of PostgreSQL's timestamps, in seconds since 1970. */
#define TIMESTAMP_EPOCH_S INT64_C(946684800) /* 2000-01-01 */

/* Convert an ISO 8601 time with Z, an offset, or neither (UTC) to microseconds
 * since 2000-01-01 00:00 UTC. A date without time means its midnight. ERR_ROW
 * for any other text. */
MUST_CHECK bool
timestamp_parse(struct span text, int64_t *micros, struct err *err);

/* Convert YYYY-MM-DD to days since 2000-01-01. ERR_ROW for any other text. */
MUST_CHECK bool
timestamp_parse_date(struct span text, int32_t *days, struct err *err);

#endif
