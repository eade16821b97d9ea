/*
 * All requests to one store share the address, the token and the patience.
 * api/request.c sends the requests. For each try it calls add_token() before
 * sending and judge_answer() after the answer.
 *
 *     add_token ─► token_ensure (renews a token that is about to expire)
 *     judge_answer ─► answer_read ─► 401 ─► is_stale ─► add_token: new token
 *
 * Hazard: several jobs share the token. Each request remembers the generation
 * of the token it was sent with. So a 401 for the old token does not replace a
 * token that another job has just renewed.
 */
#include "shopify/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/reply.h"
#include "base/mem.h"
#include "base/redact.h"
#include "shopify/token.h"

/* Shopify recommends to wait for so long after a refusal. */
enum { THROTTLED_MS = 1000 };

struct session {
    struct http *http;
    struct session_config config;
    char *base_url; /* without a slash at its end */
    char *url;
    struct token token;
    struct patience patience;
    struct rate *rate; /* NULL: no request waits for it */
    bool told_version; /* each warning is logged once */
    bool told_deprecated;
};

/* One request: the ctx of the hooks. */
struct call {
    struct session *session;
    struct answer *answer;
    uint64_t generation; /* of the token that the last try was sent with */
};

/* ---- life ------------------------------------------------------------ */

static char *
without_last_slash(const char *url)
{
    char *copy = mem_strdup(url);
    size_t length = strlen(copy);

    while (length > 0 && copy[length - 1] == '/')
        copy[--length] = '\0';
    return copy;
}

static char *
url_of(const char *base_url, const char *version)
{
    size_t size = strlen(base_url) + strlen(version) + 64;
    char *url = mem_alloc(size);

    snprintf(url, size, "%s/admin/api/%s/graphql.json", base_url, version);
    return url;
}

static struct token_source
token_source_of(const struct session *session)
{
    const struct session_config *config = &session->config;

    return (struct token_source){.store = config->store,
                                 .base_url = session->base_url,
                                 .token = config->token,
                                 .client_id = config->client_id,
                                 .client_secret = config->client_secret,
                                 .refresh_token_file =
                                     config->refresh_token_file,
                                 .refresh_lock = config->refresh_lock,
                                 .refresh_unlock = config->refresh_unlock,
                                 .ctx = config->ctx};
}

static struct patience_config
patience_of(const struct session *session)
{
    const struct session_config *config = &session->config;

    return (struct patience_config){
        .retry_initial_ms = config->retry_initial_ms,
        .retry_max_ms = config->retry_max_ms,
        .retry_budget_ms = config->retry_budget_ms,
        .least_ms = http_stall_timeout(session->http),
        .suspend = config->suspend,
        .resume = config->resume,
        .ctx = config->ctx};
}

/* The store counts together what comes with one token. A token that is renewed
 * belongs to the same app. */
static struct rate *
rate_of(const struct session *session)
{
    const struct session_config *config = &session->config;
    size_t size = strlen(session->base_url) + 1;
    const char *app = config->client_id != NULL ? config->client_id
                      : config->token != NULL   ? config->token
                                                : "";
    char *credentials;
    struct rate *rate;

    if (config->rates == NULL)
        return NULL;
    size += strlen(app) + 1;
    credentials = mem_alloc(size);
    snprintf(credentials, size, "%s %s", session->base_url, app);
    rate = rate_new(config->rates, credentials, config->concurrency,
                    config->share);
    explicit_bzero(credentials, size);
    free(credentials);
    return rate;
}

struct session *
session_new(struct http *http, const struct session_config *config)
{
    struct session *session = mem_alloc(sizeof(*session));

    session->http = http;
    session->config = *config;
    session->base_url = without_last_slash(config->base_url);
    session->url = url_of(session->base_url, config->api_version);
    session->token.http = http;
    session->token.source = token_source_of(session);
    session->patience.config = patience_of(session);
    session->rate = rate_of(session);
    redact_learn(config->token);
    redact_learn(config->client_secret);
    return session;
}

void
session_free(struct session *session)
{
    if (session == NULL)
        return;
    token_free(&session->token);
    rate_free(session->rate);
    redact_forget(session->config.token);
    redact_forget(session->config.client_secret);
    free(session->base_url);
    free(session->url);
    free(session);
}

struct rate *
session_rate(struct session *session)
{
    return session->rate;
}

/* ---- patience -------------------------------------------------------- */

struct backoff
session_backoff(struct session *session, const char *what)
{
    return patience_backoff(&session->patience, what);
}

bool
session_wait(struct session *session, struct backoff *backoff,
             int64_t at_least_ms, const struct log_ctx *log,
             const char *message, struct err *err)
{
    return patience_wait(&session->patience, backoff, at_least_ms, log, message,
                         err);
}

void
session_give_up(struct session *session, const struct err *why)
{
    patience_give_up(&session->patience, why);
}

void
session_try_again(struct session *session)
{
    patience_try_again(&session->patience);
}

const struct err *
session_given_up(const struct session *session)
{
    return patience_given_up(&session->patience);
}

enum log_level
session_failure_level(struct session *session)
{
    return patience_failure_level(&session->patience);
}

/* ---- head and cost of an answer -------------------------------------- */

static void
note_head(struct session *session, const struct request_try *now,
          const struct http_head *head)
{
    if (head->api_version[0] != '\0' && !session->told_version &&
        strcmp(head->api_version, session->config.api_version) != 0) {
        session->told_version = true;
        log_warn(now->log, MSG_API_VERSION,
                 "the store answers with another API version",
                 LOG_STR("asked", session->config.api_version),
                 LOG_STR("answered", head->api_version), LOG_END);
    }
    if (head->deprecated[0] != '\0' && !session->told_deprecated) {
        session->told_deprecated = true;
        log_warn(now->log, MSG_DEPRECATED,
                 "the store says that a request is deprecated",
                 LOG_STR("request", now->request->what),
                 LOG_STR("reason", head->deprecated),
                 LOG_STR("request_id", head->request_id), LOG_END);
    }
}

static void
note_cost(const struct request_try *now, const struct answer *answer)
{
    const struct answer_cost *cost = &answer->cost;

    log_debug(now->log, "answer", LOG_STR("request", now->request->what),
              LOG_STR("request_id", answer->request_id),
              LOG_NUM("requested", cost->requested),
              LOG_NUM("actual", cost->actual),
              LOG_NUM("available", cost->currently_available),
              LOG_NUM("maximum", cost->maximum_available),
              LOG_NUM("restore_rate", cost->restore_rate), LOG_END);
}

/* ---- one try --------------------------------------------------------- */

/* Add the token. If the store refused the token of the last try, renew it
 * first, unless another job has already done that. */
static bool
add_token(void *ctx, struct request_try *now, struct request_headers *headers,
          struct err *err)
{
    struct call *call = ctx;
    struct token *token = &call->session->token;

    *call->answer = (struct answer){0};
    if (now->is_stale && !token_replace(token, call->generation, now->log,
                                        now->deadline_ms, &now->wait_ms, err))
        return false;
    if (!token_ensure(token, now->log, now->deadline_ms, &now->wait_ms, err))
        return false;
    call->generation = token->generation;
    return request_header(headers, "X-Shopify-Access-Token", token->text) ||
           err_set(err, MSG_BAD_TOKEN, "the access token is too long");
}

static void
find_stale(const struct session *session, struct request_try *now,
           const struct err *err)
{
    now->is_stale = session->config.token == NULL && !now->was_renewed &&
                    err->kind == ERR_DENIED && err_is(err, MSG_UNAUTHORIZED);
    if (now->is_stale)
        log_info(now->log, "requesting a new access token after a refusal",
                 LOG_STR("request", now->request->what),
                 LOG_STR("request_id", err->request_id), LOG_END);
}

static void
note_rate(struct request_try *now, const struct http_head *head,
          const struct answer *answer, bool is_throttled)
{
    const struct answer_cost *cost = &answer->cost;
    struct rate_told *told = &now->told;

    reply_read_rate(head, told);
    told->cost = cost->actual >= 0 ? cost->actual : cost->requested;
    if (cost->restore_rate > 0) {
        told->most = cost->maximum_available;
        told->left = cost->currently_available;
        told->per_second = cost->restore_rate;
    }
    told->is_throttled = is_throttled;
    if (!is_throttled)
        return;
    told->wait_ms = now->wait_ms;
    if (told->wait_ms == 0 && cost->restore_rate > 0)
        told->wait_ms = THROTTLED_MS;
}

/* A page with errors is an answer, if there are rows or a place in them. An
 * error without data is about the document, until that has worked. */
static bool
judge_page(const struct request *request, const struct answer *answer,
           struct err *err)
{
    bool has_data = answer->data != NULL && answer->data->kind == JSON_OBJECT;

    if (answer->errors == NULL || err_is(err, MSG_THROTTLED))
        return false;
    if (request->partial && (has_data || reply_has_path(answer->errors)))
        return true;
    if (request->takes_errors && err->kind != ERR_TRANSIENT &&
        !err_is(err, MSG_UNAUTHORIZED))
        return true;
    if (request->user != NULL && err->kind == ERR_FAILED && !has_data)
        err->kind = request->has_worked ? ERR_TRANSIENT : ERR_CONFIG;
    return false;
}

/* Access to one field is denied: the words name the field, and no value. */
static bool
is_denial(const struct answer *answer, const struct err *err)
{
    return err_is(err, MSG_ACCESS_DENIED) && answer->errors->count == 1;
}

/* The store's words may quote a value that the query masks. */
static void
hide_words(const struct session *session, const struct request *request,
           const struct answer *answer, struct err *err)
{
    const char *words;

    if (!request->hides_words || answer->errors == NULL ||
        is_denial(answer, err) || !reply_may_quote(answer->errors))
        return;
    words = reply_hidden_words(err->message);
    snprintf(err->message, sizeof(err->message), "store %s answered: %s",
             session->config.store, words);
}

static bool
judge_answer(void *ctx, struct request_try *now, const struct http_head *head,
             struct span body, struct err *err)
{
    struct call *call = ctx;
    struct session *session = call->session;
    bool ok;

    note_head(session, now, head);
    ok = answer_read(session->config.store, head, body, now->request->outer,
                     now->arena, call->answer, &now->wait_ms, err);
    if (!ok)
        hide_words(session, now->request, call->answer, err);
    note_cost(now, call->answer);
    note_rate(now, head, call->answer, !ok && err_is(err, MSG_THROTTLED));
    if (!ok && judge_page(now->request, call->answer, err))
        return true;
    if (!ok)
        find_stale(session, now, err);
    return ok;
}

/* ---- requests -------------------------------------------------------- */

bool
session_send(struct session *session, const struct request *request,
             const struct log_ctx *log, struct arena *arena,
             struct answer *answer, struct err *err)
{
    struct request_server server = {.http = session->http,
                                    .url = session->url,
                                    .patience = &session->patience,
                                    .rate = session->rate};
    struct call call = {.session = session, .answer = answer};
    struct request_hooks hooks = {
        .authorize = add_token, .judge = judge_answer, .ctx = &call};

    return request_send(&server, request, &hooks, log, arena, err);
}

bool
session_query(struct session *session, const char *what, const char *document,
              const char *variables, const struct log_ctx *log,
              struct arena *arena, struct answer *answer, struct err *err)
{
    struct request request = {
        .what = what, .document = document, .variables = variables};

    return session_send(session, &request, log, arena, answer, err);
}

bool
session_query_once(struct session *session, const char *what,
                   const char *document, const char *variables,
                   const struct log_ctx *log, struct arena *arena,
                   struct answer *answer, struct err *err)
{
    struct request request = {.what = what,
                              .document = document,
                              .variables = variables,
                              .once = true};

    return session_send(session, &request, log, arena, answer, err);
}
