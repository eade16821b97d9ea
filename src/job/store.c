/*
 * Sessions and endpoints are made on first use, with the settings of the store.
 * While a store does not answer a request for its types, the job that waits
 * gives back its place among those that are prepared.
 *
 * Hazards. Two processes must not exchange the same refresh token, so a claim
 * in the journal excludes others. A command without a database has no such
 * claim.
 */
#include "job/store.h"

#include <string.h>

#include "base/clock.h"
#include "job/control.h"
#include "journal/claim.h"

/* ---- tokens ---------------------------------------------------------- */

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

/* ---- preparing ------------------------------------------------------- */

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

/* ---- sessions -------------------------------------------------------- */

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
        .ctx = store,
        .rates = &context->rates,
        .concurrency = (int)config->concurrency,
        .share = config->share};

    if (store->session == NULL)
        store->session = session_new(context->http, &session);
    return store->session;
}

static struct endpoint *
make_endpoint(struct context *context, struct store_state *store,
              const struct endpoint_header *headers)
{
    const struct store_config *config = store->config;
    const struct tuning_config *tuning = &context->config.tuning;
    struct endpoint_config endpoint = {
        .name = config->name,
        .url = config->base_url,
        .headers = headers,
        .header_count = config->header_count,
        .concurrency = (int)config->concurrency,
        .share = config->share,
        .retry_initial_ms = tuning->retry_initial_ms,
        .retry_max_ms = tuning->retry_max_ms,
        .retry_budget_ms = tuning->retry_budget_ms,
        .suspend = suspend_preparation,
        .resume = resume_preparation,
        .ctx = store};

    return endpoint_new(context->http, &context->rates, &endpoint);
}

void
store_try_again(struct store_state *store)
{
    if (store->session != NULL)
        session_try_again(store->session);
}

struct endpoint *
store_endpoint(struct context *context, struct store_state *store)
{
    const struct store_config *config = store->config;
    struct endpoint_header *headers;

    if (store->endpoint != NULL)
        return store->endpoint;
    headers = arena_array(&context->config.arena, config->header_count + 1,
                          sizeof(*headers));
    for (size_t i = 0; i < config->header_count; i++)
        headers[i] =
            (struct endpoint_header){.name = config->headers[i].name,
                                     .before = config->headers[i].before,
                                     .secret = config->headers[i].secret};
    store->endpoint = make_endpoint(context, store, headers);
    return store->endpoint;
}

/* ---- requests -------------------------------------------------------- */

static bool
ask_store(struct session *session, const struct request *request,
          const struct log_ctx *log, struct arena *arena, struct reply *reply,
          struct err *err)
{
    struct answer answer;

    if (!session_send(session, request, log, arena, &answer, err))
        return false;
    *reply = (struct reply){.body = answer.body,
                            .data = answer.data,
                            .errors = answer.errors,
                            .cost = answer.cost.actual,
                            .date_s = answer.date_s};
    memcpy(reply->request_id, answer.request_id, sizeof(reply->request_id));
    return true;
}

bool
store_ask(struct context *context, struct store_state *store,
          const struct request *request, const char *at,
          const struct log_ctx *log, struct arena *arena, struct reply *reply,
          struct err *err)
{
    if (store->config->preset != NULL)
        return endpoint_send(store_endpoint(context, store), request, at, log,
                             arena, reply, err);
    return ask_store(store_session(context, store), request, log, arena, reply,
                     err);
}

struct rate *
store_rate(struct context *context, struct store_state *store)
{
    return store->config->preset != NULL
               ? endpoint_rate(store_endpoint(context, store))
               : session_rate(store_session(context, store));
}
