/*
 * backoff - how long to wait before a retry, and when to stop trying.
 *
 * The delays have decorrelated jitter: each delay is drawn between the first
 * delay and three times the last one, up to a limit. Clients that failed at the
 * same time do not retry at the same time. The budget counts from the beginning
 * of the first try that failed, until a try succeeds. Several backoffs may
 * share one budget.
 */
#ifndef BASE_BACKOFF_H
#define BASE_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

/* The budget of one class of requests: how long they have failed, counted over
 * all tasks that send them. All zero is a budget without failures. */
struct budget {
    int64_t failing_since_ms; /* 0: the last try succeeded */
    int64_t succeeded_ms;     /* the time of the last success; 0: never */
    bool is_known;            /* the failure has been logged */
    char known_code[40];      /* the code that was logged last */
};

struct backoff {
    int64_t first_ms;
    int64_t most_ms;
    int64_t budget_ms;     /* for failures in a row; CLOCK_NEVER: no limit */
    int64_t last_ms;       /* the delay drawn last; 0: none yet */
    int64_t began_ms;      /* when the current try began; 0: unknown */
    int64_t least_ms;      /* a try may take this long, whatever is left */
    int64_t end_ms;        /* tries and delays end by then; 0: no limit */
    struct budget own;     /* of this backoff alone */
    struct budget *shared; /* shared with the class; or NULL */
};

struct backoff backoff_of(int64_t first_ms, int64_t most_ms, int64_t budget_ms);

/* A try begins now. This call is optional. */
void backoff_begin(struct backoff *backoff);

/* The time after which no other try begins: the end of the budget, or `end_ms`.
 * CLOCK_NEVER means no limit. A budget of 0 has no limit either: it allows one
 * try of any length. */
int64_t backoff_end(struct backoff *backoff);

/* The time by which the current try must have ended: backoff_end(), but a try
 * gets at least `least_ms`, so that a short budget does not interrupt a healthy
 * request. */
int64_t backoff_deadline(struct backoff *backoff);

/* The shared budget, or the backoff's own budget if it shares none. */
struct budget *backoff_budget(struct backoff *backoff);

/* Have other requests of the class succeeded since this one began to fail? */
bool backoff_is_alone(struct backoff *backoff);

/* A try failed. Returns the delay before the next try, at least `at_least_ms`
 * (if the server asked for a delay), or -1 if the budget is spent. */
int64_t backoff_failed(struct backoff *backoff, int64_t at_least_ms);

/* A try succeeded. The next failure starts a new budget and short delays. */
void backoff_succeeded(struct backoff *backoff);

/* The next delay without a failure, for polls. */
int64_t backoff_next_delay(struct backoff *backoff);

#endif
