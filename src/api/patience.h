/*
 * patience - how long one server is asked, by all who ask it.
 *
 * A class of request (its `what`: "submit", "poll") has one budget, whoever
 * makes the request. When a budget is spent the server is given up: every
 * request after that fails at once with the same error, so that a server that
 * does not answer costs its callers one budget, not one each.
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
    int64_t least_ms; /* a try may take so long, whatever is left */

    /* A request of class `what` has failed and will wait to be retried; it
     * has its answer, or none for good. Both may be NULL. */
    void (*suspend)(void *ctx, const char *what);
    void (*resume)(void *ctx, const char *what);
    void *ctx;
};

struct patience_class {
    const char *what; /* borrowed */
    struct budget budget;
};

/* With its `config`, and otherwise all zero, it has not been tried yet. */
struct patience {
    struct patience_config config;
    struct patience_class classes[PATIENCE_CLASSES_MAX];
    struct err given_up;  /* kind ERR_NONE: it is not */
    bool is_known_silent; /* that the server does not answer was logged */
};

/* The delays of a request of class `what`; they share the class's budget. */
struct backoff patience_backoff(struct patience *patience, const char *what);

/* retry_wait() for such a request; when the budget is spent the server is
 * given up. */
MUST_CHECK bool
patience_wait(struct patience *patience, struct backoff *backoff,
              int64_t at_least_ms, const struct log_ctx *log,
              const char *message, struct err *err);

/* The server has answered, be it with a refusal. */
void patience_answered(struct patience *patience, struct backoff *backoff);

/* No more requests to this server: they fail with `why`, as ERR_LATER. Only
 * the first call counts. */
void patience_give_up(struct patience *patience, const struct err *why);

/* Why the server was given up, or NULL. */
const struct err *patience_given_up(const struct patience *patience);

/* LOG_WARN for the first sign that the server does not answer, LOG_DEBUG for
 * further ones, until it answers. */
enum log_level patience_failure_level(struct patience *patience);

#endif
