#include "base/retry.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/task.h"

/* Has this cause been logged as a warning before? More of the same is logged at
 * level debug. A shared budget is about one server, whose problem counts as one
 * cause, even if its errors differ. */
static bool
is_known(const struct backoff *backoff, const struct budget *budget,
         const struct err *err)
{
    return budget->is_known && (backoff->shared != NULL ||
                                strcmp(budget->known_code, err->code) == 0);
}

static void
note_known(struct budget *budget, const struct err *err)
{
    budget->is_known = true;
    snprintf(budget->known_code, sizeof(budget->known_code), "%s", err->code);
}

static bool
wait_telling(enum log_level level, struct backoff *backoff, int64_t at_least_ms,
             const struct log_ctx *log, const char *message, struct err *err)
{
    struct budget *budget = backoff_budget(backoff);
    int64_t delay_ms = backoff_failed(backoff, at_least_ms);

    if (delay_ms < 0) {
        err->kind = ERR_LATER;
        return false;
    }
    if (level == LOG_WARN && is_known(backoff, budget, err))
        level = LOG_DEBUG;
    note_known(budget, err);
    LOG_AT(level, log, message, LOG_STR("error", err->message),
           LOG_STR("code", err->code), LOG_NUM("delay_ms", delay_ms),
           LOG_STR("request_id", err->request_id),
           LOG_STR("hint", err_remedy(err)), LOG_END);
    if (task_sleep_until(clock_after_ms(delay_ms)) == TASK_STOPPED)
        return task_stopped(err);
    if (clock_now_ms() < backoff_end(backoff))
        return true;
    err->kind = ERR_LATER; /* the wait took all that was left */
    return false;
}

bool
retry_wait(struct backoff *backoff, int64_t at_least_ms,
           const struct log_ctx *log, const char *message, struct err *err)
{
    return wait_telling(LOG_WARN, backoff, at_least_ms, log, message, err);
}

bool
retry_wait_on(struct backoff *backoff, int64_t at_least_ms,
              const struct log_ctx *log, const char *message, struct err *err)
{
    return wait_telling(LOG_INFO, backoff, at_least_ms, log, message, err);
}

bool
retry_rest(struct backoff *backoff, struct err *err)
{
    return task_sleep_until(clock_after_ms(backoff_next_delay(backoff))) !=
               TASK_STOPPED ||
           task_stopped(err);
}
