/*
 * retry - waits before a retry.
 *
 * All retries use it: those of requests to the store, of downloads, and of the
 * database. The delay comes from backoff.h, or is longer if the server asks for
 * that. The first failure is logged as a warning, further ones at level debug
 * until a try succeeds. The retries end when the budget is spent. Call these
 * functions inside a task.
 */
#ifndef BASE_RETRY_H
#define BASE_RETRY_H

#include "base/backoff.h"
#include "base/log.h"

/* `err` is the failure of the last try, and remains unchanged. Returns false if
 * no other try may follow: with the kind ERR_LATER in `err`, because the budget
 * is spent, or with ERR_STOPPED. */
MUST_CHECK bool
retry_wait(struct backoff *backoff, int64_t at_least_ms,
           const struct log_ctx *log, const char *message, struct err *err);

/* The same for a failure that was logged elsewhere: the line has level info. */
MUST_CHECK bool
retry_wait_on(struct backoff *backoff, int64_t at_least_ms,
              const struct log_ctx *log, const char *message, struct err *err);

/* Wait for the next poll. ERR_STOPPED if bulkpg stops. */
MUST_CHECK bool retry_rest(struct backoff *backoff, struct err *err);

#endif
