#include "shopify/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/backoff.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/redact.h"
#include "base/retry.h"
#include "shopify/answer.h"
#include "shopify/token.h"

enum {
    REQUEST_BYTES = 1024 * 1024,
    REPLY_BYTES = 4 * 1024 * 1024,
    HEADER_BYTES = 8 * 1024,
    ANSWER_BYTES_KEPT = 256 * 1024
};

struct session {
    struct http *http;
    struct session_config config;
    char *base_url; /* without a slash at its end */
    char *url;
    struct token token;
    bool told_version; /* each said once */
    bool told_deprecated;
};

/* One request, over all its tries. */
struct exchange {
    struct session *session;
    const struct session_request *request;
    const struct log_ctx *log;
    struct arena answers; /* what the last one is read into */
    struct session_reply *reply;
    struct buf body;
    struct buf answer;
    int64_t wait_ms; /* what the store asked for last, or 0 */
    bool renewed;    /* the one new token for a 401 has been asked for */
};

/* ---- life -------------------------------------------------------------- */

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

struct session *
session_new(struct http *http, const struct session_config *config)
{
    struct session *session = mem_alloc(sizeof(*session));

    session->http = http;
    session->config = *config;
    session->base_url = without_last_slash(config->base_url);
    session->config.base_url = session->base_url;
    session->url = url_of(session->base_url, config->api_version);
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
    redact_forget(session->config.token);
    redact_forget(session->config.client_secret);
    free(session->base_url);
    free(session->url);
    free(session);
}

const char *
session_granted_scopes(const struct session *session)
{
    return session->token.scopes;
}

/* ---- what an answer's head and cost tell ------------------------------- */

static void
note_head(const struct exchange *exchange, const struct http_head *head)
{
    struct session *session = exchange->session;

    if (head->api_version[0] != '\0' && !session->told_version &&
        strcmp(head->api_version, session->config.api_version) != 0) {
        session->told_version = true;
        log_warn(exchange->log, MSG_API_VERSION,
                 "the store answers with another API version",
                 LOG_STR("asked", session->config.api_version),
                 LOG_STR("answered", head->api_version), LOG_END);
    }
    if (head->deprecated[0] != '\0' && !session->told_deprecated) {
        session->told_deprecated = true;
        log_warn(exchange->log, MSG_DEPRECATED,
                 "the store says that a request is deprecated",
                 LOG_STR("request", exchange->request->what),
                 LOG_STR("reason", head->deprecated),
                 LOG_STR("request_id", head->request_id), LOG_END);
    }
}

static void
note_cost(const struct exchange *exchange)
{
    const struct session_cost *cost = &exchange->reply->cost;

    log_debug(
        exchange->log, "answer", LOG_STR("request", exchange->request->what),
        LOG_STR("request_id", exchange->reply->request_id),
        LOG_NUM("requested", cost->requested), LOG_NUM("actual", cost->actual),
        LOG_NUM("available", cost->currently_available),
        LOG_NUM("maximum", cost->maximum_available),
        LOG_NUM("restore_rate", cost->restore_rate), LOG_END);
}

/* ---- one try ----------------------------------------------------------- */

/* Without a token the request itself stays here, whatever became of the one
 * for the token. */
static void
name_not_sent(const struct exchange *exchange, struct err *err)
{
    if (exchange->request->once && err->kind == ERR_TRANSIENT &&
        !err_is(err, MSG_THROTTLED))
        err_code(err, MSG_NOT_SENT);
}

static bool
ensure_token(struct exchange *exchange, struct err *err)
{
    struct session *session = exchange->session;

    if (token_ensure(&session->token, session->http, &session->config,
                     exchange->log, &exchange->wait_ms, err))
        return true;
    name_not_sent(exchange, err);
    return false;
}

/* Nothing but types can be that large: it is no answer of the store's. */
static bool
judge_size(const struct exchange *exchange, struct err *err)
{
    if (err_is(err, MSG_TOO_LARGE) && exchange->request->reply_ceiling == 0)
        err->kind = ERR_TRANSIENT;
    return false;
}

static bool
fetch(struct exchange *exchange, const struct http_request *request,
      struct http_head *head, struct err *err)
{
    bool finish = exchange->request->finish;
    bool ok;

    if (finish)
        task_shield();
    ok = http_fetch(exchange->session->http, request, head, &exchange->answer,
                    err) ||
         judge_size(exchange, err);
    if (finish)
        task_unshield();
    return ok;
}

/* The token's only way out: to the address of the session's own store. */
static bool
post(struct exchange *exchange, struct http_head *head, struct err *err)
{
    struct session *session = exchange->session;
    struct buf header = buf_with_ceiling(HEADER_BYTES);
    const char *headers[] = {"Content-Type: application/json",
                             "Accept: application/json", NULL, NULL};
    struct http_request request = {.method = "POST",
                                   .url = session->url,
                                   .headers = headers,
                                   .body = buf_span(&exchange->body),
                                   .once = exchange->request->once};
    bool ok;

    buf_printf(&header, "X-Shopify-Access-Token: %s", session->token.text);
    headers[2] = buf_str(&header);
    if (header.overflowed)
        ok = err_set(err, MSG_BAD_TOKEN, "the access token is too long");
    else
        ok = fetch(exchange, &request, head, err);
    if (header.bytes != NULL)
        explicit_bzero(header.bytes, header.length);
    buf_free(&header);
    return ok;
}

/* The tree's nodes point into its text, so both share the arena. A secret that
 * the store repeats is hidden before anything of it is read. */
static struct span
keep_answer(struct exchange *exchange)
{
    struct buf *answer = &exchange->answer;
    size_t length =
        answer->length > 0 ? redact_bytes(answer->bytes, answer->length) : 0;
    char *kept = arena_bytes(&exchange->answers, length);

    memcpy(kept, buf_str(answer), length);
    buf_clear(answer);
    buf_shrink(answer, ANSWER_BYTES_KEPT);
    return span_of(kept, length);
}

static bool
try_with_token(struct exchange *exchange, uint64_t *generation, struct err *err)
{
    struct session *session = exchange->session;
    struct http_head head;
    bool ok;

    if (!ensure_token(exchange, err))
        return false;
    *generation = session->token.generation;
    if (!post(exchange, &head, err))
        return false;
    note_head(exchange, &head);
    ok = answer_read(session->config.store, &head, keep_answer(exchange),
                     exchange->request->outer, &exchange->answers,
                     exchange->reply, &exchange->wait_ms, err);
    note_cost(exchange);
    return ok;
}

static bool
is_stale_token(const struct exchange *exchange, const struct err *err)
{
    return exchange->session->config.token == NULL && !exchange->renewed &&
           err->kind == ERR_DENIED && err_is(err, MSG_UNAUTHORIZED);
}

static bool
try_request(struct exchange *exchange, struct err *err)
{
    struct session *session = exchange->session;
    uint64_t generation;

    if (try_with_token(exchange, &generation, err))
        return true;
    if (!is_stale_token(exchange, err))
        return false;
    exchange->renewed = true;
    log_info(exchange->log, "the access token was refused: asking for another",
             LOG_STR("request", exchange->request->what),
             LOG_STR("request_id", err->request_id), LOG_END);
    if (token_replace(&session->token, generation, session->http,
                      &session->config, exchange->log, &exchange->wait_ms, err))
        return try_with_token(exchange, &generation, err);
    name_not_sent(exchange, err);
    return false;
}

/* ---- all tries --------------------------------------------------------- */

static bool
may_try_again(const struct exchange *exchange, const struct err *err)
{
    return err->kind == ERR_TRANSIENT &&
           (!exchange->request->once || err_is(err, MSG_THROTTLED));
}

/* Of a request not to be repeated, what counts is whether the store may have
 * carried it out: 5xx and half an answer leave that open. */
static void
name_loss(const struct exchange *exchange, struct err *err)
{
    if (exchange->request->once && err->kind == ERR_TRANSIENT &&
        !err_is(err, MSG_NOT_SENT))
        err_code(err, MSG_ANSWER_LOST);
}

static bool
give_up(const struct exchange *exchange, struct err *err)
{
    char text[32];

    err_wrap(err, "given up after trying for %s",
             duration_format(exchange->session->config.retry_budget_ms, text));
    return false;
}

static bool
wait_before_retry(const struct exchange *exchange, struct backoff *backoff,
                  struct err *err)
{
    if (exchange->wait_ms > 0)
        backoff->last_ms = 0; /* told how long: nothing to grow */
    if (retry_wait(backoff, exchange->wait_ms, exchange->log,
                   "a request is tried again", err))
        return true;
    return err->kind == ERR_LATER ? give_up(exchange, err) : false;
}

/* Where the retry policy of the Admin API is: which answers it is for, and
 * how long the store asks us to wait; the rest is retry.h. */
static bool
try_until_done(struct exchange *exchange, struct err *err)
{
    const struct session_config *config = &exchange->session->config;
    struct backoff backoff =
        backoff_of(config->retry_initial_ms, config->retry_max_ms,
                   config->retry_budget_ms);

    for (;;) {
        exchange->wait_ms = 0;
        arena_clear(&exchange->answers);
        *exchange->reply = (struct session_reply){0};
        if (try_request(exchange, err))
            return true;
        if (err->kind != ERR_STOPPED)
            err_wrap(err, "%s", exchange->request->what);
        if (!may_try_again(exchange, err) ||
            !wait_before_retry(exchange, &backoff, err))
            break;
    }
    name_loss(exchange, err);
    return false;
}

/* ---- requests ---------------------------------------------------------- */

static bool
write_body(const struct session_request *request, struct buf *body,
           struct err *err)
{
    buf_append_str(body, "{\"query\":");
    buf_append_json(body, span_str(request->document));
    if (request->variables != NULL) {
        buf_append_str(body, ",\"variables\":");
        buf_append_str(body, request->variables);
    }
    buf_append_char(body, '}');
    if (!body->overflowed)
        return true;
    err_set(err, MSG_QUERY_TOO_LARGE, "%s: the request is larger than %d bytes",
            request->what, REQUEST_BYTES);
    return err_as(err, ERR_FAILED);
}

bool
session_send(struct session *session, const struct session_request *request,
             const struct log_ctx *log, struct arena *arena,
             struct session_reply *reply, struct err *err)
{
    size_t ceiling =
        request->reply_ceiling > 0 ? request->reply_ceiling : REPLY_BYTES;
    struct exchange exchange = {.session = session,
                                .request = request,
                                .log = log,
                                .reply = reply,
                                .body = buf_with_ceiling(REQUEST_BYTES),
                                .answer = buf_with_ceiling(ceiling)};
    bool ok = write_body(request, &exchange.body, err) &&
              try_until_done(&exchange, err);

    arena_take(arena, &exchange.answers);
    arena_free(&exchange.answers);
    buf_free(&exchange.body);
    buf_free(&exchange.answer);
    return ok;
}

bool
session_query(struct session *session, const char *what, const char *document,
              const char *variables, const struct log_ctx *log,
              struct arena *arena, struct session_reply *reply, struct err *err)
{
    struct session_request request = {
        .what = what, .document = document, .variables = variables};

    return session_send(session, &request, log, arena, reply, err);
}

bool
session_query_once(struct session *session, const char *what,
                   const char *document, const char *variables,
                   const struct log_ctx *log, struct arena *arena,
                   struct session_reply *reply, struct err *err)
{
    struct session_request request = {.what = what,
                                      .document = document,
                                      .variables = variables,
                                      .once = true};

    return session_send(session, &request, log, arena, reply, err);
}
