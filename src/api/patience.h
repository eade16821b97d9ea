/*
 * patience - how long requests to one server are retried.
 *
 * All requests of one class (`what`: "submit", "poll") share one budget. If a
 * budget is spent, bulkpg gives up the server: every later request fails at
 * once with the same error. A server that does not answer therefore costs all
 * callers together one budget, not one budget each.
 */
#ifndef API_PATIENCE_H
#define API_PATIENCE_H

#include "base/backoff.h"
#include "base/err.h"
#include "base/log.h"

enum { PATIENCE_CLASSES_MAX = 16 };

struct patience_config {
    int64_t retry_initial_ms;
    int64_t retry_max_ms;
    int64_t retry_budget_ms;
    int64_t least_ms; /* each try may take this long, even if less is left */

    /* suspend: a request of class `what` failed and waits for its retry.
     * resume: it was answered, or finally failed. Both may be NULL. */
    void (*suspend)(void *ctx, const char *what);
    void (*resume)(void *ctx, const char *what);
    void *ctx;
};

struct patience_class {
    const char *what; /* borrowed */
    struct budget budget;
};

/* To begin, set `config` and leave the rest zero. */
struct patience {
    struct patience_config config;
    struct patience_class classes[PATIENCE_CLASSES_MAX];
    struct err given_up;  /* kind ERR_NONE: the server is not given up */
    bool is_known_silent; /* the log says that the server does not answer */
};

/* The delays of one request of class `what`. It shares the class's budget. */
struct backoff patience_backoff(struct patience *patience, const char *what);

/* retry_wait() for a request of this server. If the budget is spent, it gives
 * up the server. */
MUST_CHECK bool
patience_wait(struct patience *patience, struct backoff *backoff,
              int64_t at_least_ms, const struct log_ctx *log,
              const char *message, struct err *err);

/* The server answered; a refusal is an answer, too. */
void patience_answered(struct patience *patience, struct backoff *backoff);

/* Give up the server: later requests fail with `why`, as ERR_LATER. Only the
 * first call has an effect. */
void patience_give_up(struct patience *patience, const struct err *why);

/* Why the server was given up, or NULL. */
const struct err *patience_given_up(const struct patience *patience);

/* Later requests are sent again. The budgets stay spent until the server
 * answers, so that one failure gives it up again. */
void patience_try_again(struct patience *patience);

/* The level at which to log that the server does not answer: LOG_WARN the
 * first time, LOG_DEBUG after that until it answers again. */
enum log_level patience_failure_level(struct patience *patience);

#endif
