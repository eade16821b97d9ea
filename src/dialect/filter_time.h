/*
 * filter_time - find times of day in filters.
 *
 * Shopify reads only the date of a time without quotation marks. In a time with
 * quotation marks it ignores the UTC offset.
 */
#ifndef DIALECT_FILTER_TIME_H
#define DIALECT_FILTER_TIME_H

#include "base/arena.h"
#include "base/span.h"

struct filter_time {
    const char *text;   /* "2026-01-02T03:04:05+02:00", without backslashes */
    const char *offset; /* "+02:00"; "" if it is absent or zero */
    const char *utc;    /* the same time in UTC, "2026-01-02T01:04:05Z"; `text`
                         * itself if `offset` is "" */
};

/* Does `value` begin with a date and a time of day? */
bool filter_time_read(struct span value, struct arena *arena,
                      struct filter_time *time);

#endif
