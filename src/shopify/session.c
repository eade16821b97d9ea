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
    ANSWER_BYTES_KEPT = 256 * 1024,
    CLASSES_MAX = 16
};

struct request_class {
    const char *what;
    struct budget budget;
};

struct session {
    struct http *http;
    struct session_config config;
    char *base_url; /* without a slash at its end */
    char *url;
    struct token token;
    struct request_class classes[CLASSES_MAX];
    struct err given_up;  /* kind ERR_NONE: it is not */
    bool is_known_silent; /* that it does not answer was logged */
    bool told_version;    /* each said once */
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
    int64_t wait_ms;     /* what the store asked for last, or 0 */
    int64_t deadline_ms; /* of the try under way */
    bool is_suspended;
    bool renewed; /* the one new token for a 401 has been asked for */
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

/* ---- budgets ----------------------------------------------------------- */

/* More classes than there is room for share the last one. */
static struct budget *
budget_of(struct session *session, const char *what)
{
    struct request_class *found = session->classes;

    while (found < &session->classes[CLASSES_MAX - 1] && found->what != NULL &&
           strcmp(found->what, what) != 0)
        found++;
    found->what = what;
    return &found->budget;
}

struct backoff
session_backoff(struct session *session, const char *what)
{
    const struct session_config *config = &session->config;
    struct backoff backoff =
        backoff_of(config->retry_initial_ms, config->retry_max_ms,
                   config->retry_budget_ms);

    backoff.shared = budget_of(session, what);
    backoff.least_ms = http_stall_timeout(session->http);
    return backoff;
}

void
session_give_up(struct session *session, const struct err *why)
{
    if (session->given_up.kind != ERR_NONE)
        return;
    session->given_up = *why;
    session->given_up.kind = ERR_LATER;
}

const struct err *
session_given_up(const struct session *session)
{
    return session->given_up.kind != ERR_NONE ? &session->given_up : NULL;
}

enum log_level
session_failure_level(struct session *session)
{
    bool is_news = !session->is_known_silent;

    session->is_known_silent = true;
    return is_news ? LOG_WARN : LOG_DEBUG;
}

/* A request that has its own end leaves the store to the others. */
static bool
is_over(const struct backoff *backoff)
{
    return backoff->end_ms != 0 && clock_now_ms() >= backoff->end_ms;
}

static void
give_up(struct session *session, struct backoff *backoff, struct err *err)
{
    char text[32];

    if (is_over(backoff))
        return;
    err_wrap(err, "given up after trying for %s",
             duration_format(session->config.retry_budget_ms, text));
    if (!backoff_is_alone(backoff))
        session_give_up(session, err);
}

bool
session_wait(struct session *session, struct backoff *backoff,
             int64_t at_least_ms, const struct log_ctx *log,
             const char *message, struct err *err)
{
    backoff_budget(backoff)->is_known = session->is_known_silent;
    if (retry_wait(backoff, at_least_ms, log, message, err)) {
        session->is_known_silent = true;
        return true;
    }
    if (err->kind == ERR_LATER)
        give_up(session, backoff, err);
    return false;
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
                     exchange->log, exchange->deadline_ms, &exchange->wait_ms,
                     err))
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
                                   .once = exchange->request->once,
                                   .deadline_ms = exchange->deadline_ms};
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
                      &session->config, exchange->log, exchange->deadline_ms,
                      &exchange->wait_ms, err))
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

static void
suspend(struct exchange *exchange)
{
    const struct session_config *config = &exchange->session->config;

    if (config->suspend != NULL && !exchange->is_suspended)
        config->suspend(config->ctx, exchange->request->what);
    exchange->is_suspended = true;
}

static void
resume(struct exchange *exchange)
{
    const struct session_config *config = &exchange->session->config;

    if (config->resume != NULL && exchange->is_suspended)
        config->resume(config->ctx, exchange->request->what);
    exchange->is_suspended = false;
}

static bool
wait_before_retry(struct exchange *exchange, struct backoff *backoff,
                  struct err *err)
{
    if (exchange->wait_ms > 0)
        backoff->last_ms = 0; /* told how long: nothing to grow */
    suspend(exchange);
    return session_wait(exchange->session, backoff, exchange->wait_ms,
                        exchange->log, "a request is tried again", err);
}

static bool
refuse_given_up(const struct exchange *exchange, struct err *err)
{
    const struct err *why = session_given_up(exchange->session);

    if (why == NULL)
        return false;
    *err = *why;
    return true;
}

static void
note_answer(struct exchange *exchange, struct backoff *backoff)
{
    backoff_succeeded(backoff);
    exchange->session->is_known_silent = false;
}

static bool
try_once(struct exchange *exchange, struct backoff *backoff, struct err *err)
{
    backoff_begin(backoff);
    exchange->deadline_ms = backoff_deadline(backoff);
    exchange->wait_ms = 0;
    arena_clear(&exchange->answers);
    *exchange->reply = (struct session_reply){0};
    if (try_request(exchange, err)) {
        note_answer(exchange, backoff);
        return true;
    }
    if (err->kind != ERR_TRANSIENT && err->kind != ERR_STOPPED)
        note_answer(exchange, backoff); /* that, too, is one */
    if (err->kind != ERR_STOPPED)
        err_wrap(err, "%s", exchange->request->what);
    return false;
}

/* Where the retry policy of the Admin API is: which answers it is for, and
 * how long the store asks us to wait; the rest is retry.h. */
static bool
try_until_done(struct exchange *exchange, struct err *err)
{
    struct session *session = exchange->session;
    struct backoff backoff = session_backoff(session, exchange->request->what);

    backoff.end_ms = exchange->request->deadline_ms;
    do {
        if (refuse_given_up(exchange, err))
            return false;
        if (try_once(exchange, &backoff, err))
            return true;
        if (err->kind == ERR_LATER) /* it does not want to be asked */
            session_give_up(session, err);
    } while (may_try_again(exchange, err) &&
             wait_before_retry(exchange, &backoff, err));
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

    resume(&exchange);
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
