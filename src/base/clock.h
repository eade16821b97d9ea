/*
 * clock - points in time, and durations as users write them.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#include "base/err.h"

#define CLOCK_NEVER INT64_MAX

/* The monotonic clock, for deadlines and elapsed time. */
int64_t clock_now_ms(void);

/* The same clock in nanoseconds, to measure short times. */
int64_t clock_now_ns(void);

/* The wall clock in microseconds since 1970 UTC, for log lines only. */
int64_t clock_wall_us(void);

/* Write seconds since 1970 into `text`, such as "2026-01-02T03:04:05Z".
 * Returns `text`. */
enum { CLOCK_UTC_BYTES = 32 };

const char *clock_format_utc(int64_t seconds, char text[CLOCK_UTC_BYTES]);

/* The time `ms` from now. CLOCK_NEVER stays CLOCK_NEVER. */
int64_t clock_after_ms(int64_t ms);

/* Read "500ms", "5s", "5m", "20h", "7d" or "0" as milliseconds. ERR_CONFIG for
 * anything else. */
MUST_CHECK bool duration_parse(const char *text, int64_t *ms, struct err *err);

/* Write a duration in its largest whole unit, as duration_parse() reads it.
 * Returns `text`. */
const char *duration_format(int64_t ms, char text[32]);

/* Write a duration for people, rounded down to one unit: "45s", "12m", "30h",
 * "9d". Returns `text`. */
const char *duration_rough(int64_t ms, char text[32]);

#endif
