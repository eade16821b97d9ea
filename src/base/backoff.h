/*
 * backoff - how long to wait before trying again, and when to stop trying.
 *
 * Decorrelated jitter: each delay is drawn between the first delay and three
 * times the last one, up to a ceiling, so clients that failed together do not
 * come back together. The budget counts from the first failure in a row.
 */
#ifndef BASE_BACKOFF_H
#define BASE_BACKOFF_H

#include <stdint.h>

struct backoff {
    int64_t first_ms;
    int64_t most_ms;
    int64_t budget_ms;        /* of failures in a row; CLOCK_NEVER: no end */
    int64_t last_ms;          /* delay drawn last; 0: none yet */
    int64_t failing_since_ms; /* 0: the last try succeeded */
};

struct backoff backoff_of(int64_t first_ms, int64_t most_ms, int64_t budget_ms);

/* A try failed: the delay before the next one, at least `at_least_ms` (what
 * the other side asked for); -1 when the budget is spent. */
int64_t backoff_failed(struct backoff *backoff, int64_t at_least_ms);

/* A try succeeded: the next failure starts anew. */
void backoff_succeeded(struct backoff *backoff);

/* The same growth without failing, for polls. */
int64_t backoff_next_delay(struct backoff *backoff);

#endif
