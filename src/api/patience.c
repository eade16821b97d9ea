#include "api/patience.h"

#include <string.h>

#include "base/clock.h"
#include "base/retry.h"

/* If there are more classes than entries, the last entry is shared. */
static struct budget *
budget_of(struct patience *patience, const char *what)
{
    struct patience_class *found = patience->classes;
    const struct patience_class *last =
        &patience->classes[PATIENCE_CLASSES_MAX - 1];

    while (found < last && found->what != NULL &&
           strcmp(found->what, what) != 0)
        found++;
    found->what = what;
    return &found->budget;
}

struct backoff
patience_backoff(struct patience *patience, const char *what)
{
    const struct patience_config *config = &patience->config;
    struct backoff backoff =
        backoff_of(config->retry_initial_ms, config->retry_max_ms,
                   config->retry_budget_ms);

    backoff.shared = budget_of(patience, what);
    backoff.least_ms = config->least_ms;
    return backoff;
}

void
patience_give_up(struct patience *patience, const struct err *why)
{
    if (patience->given_up.kind != ERR_NONE)
        return;
    patience->given_up = *why;
    patience->given_up.kind = ERR_LATER;
}

const struct err *
patience_given_up(const struct patience *patience)
{
    return patience->given_up.kind != ERR_NONE ? &patience->given_up : NULL;
}

void
patience_try_again(struct patience *patience)
{
    patience->given_up.kind = ERR_NONE;
}

enum log_level
patience_failure_level(struct patience *patience)
{
    bool is_news = !patience->is_known_silent;

    patience->is_known_silent = true;
    return is_news ? LOG_WARN : LOG_DEBUG;
}

void
patience_answered(struct patience *patience, struct backoff *backoff)
{
    backoff_succeeded(backoff);
    patience->is_known_silent = false;
}

/* A request that ended at its own deadline does not give up the server for
 * the others. */
static bool
is_over(const struct backoff *backoff)
{
    return backoff->end_ms != 0 && clock_now_ms() >= backoff->end_ms;
}

static void
spend(struct patience *patience, struct backoff *backoff, struct err *err)
{
    char text[32];

    if (is_over(backoff))
        return;
    err_wrap(err, "gave up after retrying for %s",
             duration_format(patience->config.retry_budget_ms, text));
    if (!backoff_is_alone(backoff))
        patience_give_up(patience, err);
}

bool
patience_wait(struct patience *patience, struct backoff *backoff,
              int64_t at_least_ms, const struct log_ctx *log,
              const char *message, struct err *err)
{
    backoff_budget(backoff)->is_known = patience->is_known_silent;
    if (retry_wait(backoff, at_least_ms, log, message, err)) {
        patience->is_known_silent = true;
        return true;
    }
    if (err->kind == ERR_LATER)
        spend(patience, backoff, err);
    return false;
}
