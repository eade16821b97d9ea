/*
 * backoff - how long to wait before trying again, and when to stop trying.
 *
 * Decorrelated jitter: each delay is drawn between the first delay and three
 * times the last one, up to a ceiling, so clients that failed together do not
 * come back together. The budget counts from the beginning of the first try
 * that failed, until one succeeds; several may share it.
 */
#ifndef BASE_BACKOFF_H
#define BASE_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

/* How long one class of request has failed, for all that make it. All zero:
 * it has not. */
struct budget {
    int64_t failing_since_ms; /* 0: the last try succeeded */
    int64_t succeeded_ms;     /* when that was; 0: never */
    bool is_known;            /* that it fails was logged */
    char known_code[40];      /* as what, last */
};

struct backoff {
    int64_t first_ms;
    int64_t most_ms;
    int64_t budget_ms;     /* of failures in a row; CLOCK_NEVER: no end */
    int64_t last_ms;       /* delay drawn last; 0: none yet */
    int64_t began_ms;      /* the try under way; 0: not said */
    int64_t least_ms;      /* a try may take so long, whatever is left */
    int64_t end_ms;        /* no try and no delay goes beyond; 0: no such end */
    struct budget own;     /* of this one alone */
    struct budget *shared; /* with others of the class; or NULL */
};

struct backoff backoff_of(int64_t first_ms, int64_t most_ms, int64_t budget_ms);

/* Optional: a try begins now. */
void backoff_begin(struct backoff *backoff);

/* When no other try begins: the end of the budget, or `end_ms`. CLOCK_NEVER:
 * there is no such time, as with a budget of 0, which allows one try of any
 * length. */
int64_t backoff_end(struct backoff *backoff);

/* When the try that has begun must have ended: at backoff_end(), but not
 * before it had `least_ms`, so that a short budget cuts no healthy request. */
int64_t backoff_deadline(struct backoff *backoff);

/* The shared one, or its own. */
struct budget *backoff_budget(struct backoff *backoff);

/* Have others of the class succeeded since this one began to fail? */
bool backoff_is_alone(struct backoff *backoff);

/* A try failed: the delay before the next one, at least `at_least_ms` (what
 * the other side asked for); -1 when the budget is spent. */
int64_t backoff_failed(struct backoff *backoff, int64_t at_least_ms);

/* A try succeeded: the next failure starts anew. */
void backoff_succeeded(struct backoff *backoff);

/* The same growth without failing, for polls. */
int64_t backoff_next_delay(struct backoff *backoff);

#endif
