#include "job/store.h"

#include <string.h>

#include "base/clock.h"
#include "job/control.h"
#include "journal/claim.h"

/* ---- tokens ------------------------------------------------------------ */

/* A command without a database takes no lock: success. */
static bool
lock_refresh(void *ctx, struct err *err)
{
    struct store_state *store = ctx;
    struct context *context = store->context;

    if (context->journal == NULL)
        return true;
    store->has_token_claim =
        control_reopen(context, err) &&
        journal_claim_token(context->journal, store->config->base_url,
                            store->config->client_id, err);
    return store->has_token_claim;
}

static void
unlock_refresh(void *ctx)
{
    struct store_state *store = ctx;

    if (store->has_token_claim)
        journal_release(store->context->journal, store->config->base_url,
                        store->config->client_id);
    store->has_token_claim = false;
}

/* ---- preparing --------------------------------------------------------- */

bool
store_begin_preparation(struct context *context, struct store_state *store,
                        struct err *err)
{
    while (context->preparations_free <= 0)
        if (task_wait(&context->preparation_ended, CLOCK_NEVER) == TASK_STOPPED)
            return task_stopped(err);
    context->preparations_free--;
    store->is_preparing = true;
    return true;
}

void
store_end_preparation(struct context *context, struct store_state *store)
{
    if (!store->is_preparing)
        return;
    store->is_preparing = false;
    context->preparations_free++;
    task_wake_all(&context->preparation_ended);
}

/* The store does not answer a request for types: the job that is prepared does
 * not count until the request is answered. Only one job of a store asks for
 * types at a time. */
static void
suspend_preparation(void *ctx, const char *what)
{
    struct store_state *store = ctx;

    if (strcmp(what, "introspect") == 0)
        store_end_preparation(store->context, store);
}

/* If the wait is stopped, the next wait of the job notices it. */
static void
resume_preparation(void *ctx, const char *what)
{
    struct store_state *store = ctx;
    struct err err;

    if (strcmp(what, "introspect") == 0 && store->counts_preparations &&
        !store_begin_preparation(store->context, store, &err))
        store->is_preparing = false;
}

/* ---- sessions ---------------------------------------------------------- */

struct session *
store_session(struct context *context, struct store_state *store)
{
    const struct store_config *config = store->config;
    const struct tuning_config *tuning = &context->config.tuning;
    struct session_config session = {
        .store = config->name,
        .base_url = config->base_url,
        .api_version = config->api_version,
        .token = config->token,
        .client_id = config->client_id,
        .client_secret = config->client_secret,
        .refresh_token_file = config->refresh_token_file,
        .retry_initial_ms = tuning->retry_initial_ms,
        .retry_max_ms = tuning->retry_max_ms,
        .retry_budget_ms = tuning->retry_budget_ms,
        .refresh_lock = lock_refresh,
        .refresh_unlock = unlock_refresh,
        .suspend = suspend_preparation,
        .resume = resume_preparation,
        .ctx = store};

    if (store->session == NULL)
        store->session = session_new(context->http, &session);
    return store->session;
}
