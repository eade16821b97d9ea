/*
 * retry - the wait before the same thing is tried again.
 *
 * The one policy for whatever may work later, store, storage or database:
 * the delay that backoff.h draws, or as long as the other side asks for, one
 * warning until a try succeeds (further ones are of level debug), and an end
 * when the budget is spent. Inside a task.
 */
#ifndef BASE_RETRY_H
#define BASE_RETRY_H

#include "base/backoff.h"
#include "base/log.h"

/* `err` says why the last try failed, and is left so. False when there shall
 * be no other: ERR_LATER, the budget is spent (the rest of `err` still says
 * why), or ERR_STOPPED. */
MUST_CHECK bool
retry_wait(struct backoff *backoff, int64_t at_least_ms,
           const struct log_ctx *log, const char *message, struct err *err);

/* The same for what was told already: the line is of level info. */
MUST_CHECK bool
retry_wait_on(struct backoff *backoff, int64_t at_least_ms,
              const struct log_ctx *log, const char *message, struct err *err);

#endif
