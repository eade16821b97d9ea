/*
 * filter_time - times of day in filters.
 *
 * Of a time without quotation marks Shopify takes the date only, and of one
 * within them it ignores the UTC offset.
 */
#ifndef DIALECT_FILTER_TIME_H
#define DIALECT_FILTER_TIME_H

#include "base/arena.h"
#include "base/span.h"

struct filter_time {
    const char *text;   /* "2026-01-02T03:04:05+02:00", without backslashes */
    const char *offset; /* "+02:00"; "" without, or where it is no other */
    const char *utc;    /* the same time, as Shopify should get it:
                         * "2026-01-02T01:04:05Z"; `text` without an offset */
};

/* Does `value` begin with a date and a time of day? */
bool filter_time_read(struct span value, struct arena *arena,
                      struct filter_time *time);

#endif
