/*
 * clock - points in time, and durations as users write them.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#include "base/err.h"

#define CLOCK_NEVER INT64_MAX

/* Monotonic: for deadlines and elapsed time. */
int64_t clock_now_ms(void);

/* The same, to tell how long small things take. */
int64_t clock_now_ns(void);

/* Wall clock, microseconds since 1970 UTC: for log lines only. */
int64_t clock_wall_us(void);

/* "2026-01-02T03:04:05Z" of seconds since 1970, into `text`. */
enum { CLOCK_UTC_BYTES = 32 };

const char *clock_format_utc(int64_t seconds, char text[CLOCK_UTC_BYTES]);

/* `ms` from now; CLOCK_NEVER stays CLOCK_NEVER. */
int64_t clock_after_ms(int64_t ms);

/* "500ms", "5s", "5m", "20h", "7d", or a bare "0", as milliseconds.
 * Otherwise ERR_CONFIG. */
MUST_CHECK bool duration_parse(const char *text, int64_t *ms, struct err *err);

/* The same back in its largest whole unit, into `text` of 32 bytes. */
const char *duration_format(int64_t ms, char text[32]);

/* As people say it, cut to the unit that matters: "45s", "12m", "30h", "9d".
 */
const char *duration_rough(int64_t ms, char text[32]);

#endif
