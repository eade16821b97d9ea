/*
 * An exchange writes the body once and sends it until a try succeeds. The
 * answer of the last try is in an arena of its own, which is cleared before
 * each try and handed to the caller at the end. So the answers of failed tries
 * use no memory.
 *
 * The result of a try alone decides what happens next:
 *
 *   success          return the answer
 *   too large        ask for fewer rows, if the caller can (`smaller`)
 *   throttled        if the server said for how long, rate_begin() waits
 *   ERR_TRANSIENT    wait and try again; with `once` only after THROTTLED
 *   ERR_LATER        give up the server, for all requests
 *   other errors     return the error; the server did answer, so the budget
 *                    starts again from zero
 *
 * Hazards. If an answer repeats a secret, the secret is hidden before the
 * answer is read. The server may have carried out a request although its
 * answer is an error (5xx) or incomplete. Only a request that failed before
 * it was sent has the code NOT_SENT.
 */
#include "api/request.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/redact.h"
#include "base/task.h"
#include "json/write.h"

enum {
    REQUEST_BYTES = 1024 * 1024,
    REPLY_BYTES = 4 * 1024 * 1024,
    HEADER_BYTES = 8 * 1024,
    HEADERS_MAX = 12
};

struct exchange {
    const struct request_server *server;
    const struct request *request;
    const struct request_hooks *hooks;
    struct arena answers; /* of the last try */
    struct buf body;
    struct buf answer;
    struct request_try now;
    bool is_suspended;
    const char *variables;      /* of the next try */
    double points;              /* its estimate */
    struct rate_pass pass;      /* of this try, if it waits for the rate */
    int64_t throttled_since_ms; /* the server refuses tries since then; 0: it
                                  * does not */
};

/* ---- headers ----------------------------------------------------------- */

/* Lines are found from the start of `text` each time, because the buffer may
 * move when a line is added. */
struct request_headers {
    struct buf text; /* each line ends with a NUL */
    int count;
};

bool
request_header(struct request_headers *headers, const char *name,
               const char *value)
{
    if (headers->count == HEADERS_MAX)
        return false;
    buf_printf(&headers->text, "%s: %s", name, value);
    buf_append_char(&headers->text, '\0');
    headers->count++;
    return !headers->text.overflowed;
}

static void
list_headers(const struct request_headers *headers,
             const char *list[HEADERS_MAX + 3])
{
    const char *line = buf_str(&headers->text);

    *list++ = "Content-Type: application/json";
    *list++ = "Accept: application/json";
    for (int i = 0; i < headers->count; i++) {
        *list++ = line;
        line += strlen(line) + 1;
    }
    *list = NULL;
}

static void
wipe_headers(struct request_headers *headers)
{
    if (headers->text.bytes != NULL)
        explicit_bzero(headers->text.bytes, headers->text.length);
    buf_free(&headers->text);
}

/* ---- the body ---------------------------------------------------------- */

static bool
write_body(struct exchange *exchange, struct err *err)
{
    const struct request *request = exchange->request;
    struct buf *body = &exchange->body;
    struct json_out *json;

    buf_clear(body);
    json = json_out_new(body);
    json_out_open(json, '{');
    json_out_text(json, "query", request->document);
    if (exchange->variables != NULL) {
        json_out_key(json, "variables");
        json_out_raw(json, span_str(exchange->variables));
    }
    json_out_close(json, '}');
    json_out_free(json);
    if (!body->overflowed)
        return true;
    err_set(err, MSG_QUERY_TOO_LARGE, "%s: the request is larger than %d bytes",
            request->what, REQUEST_BYTES);
    return err_as(err, ERR_FAILED);
}

/* ---- one try ----------------------------------------------------------- */

/* The request was not sent, because getting the credential failed. */
static void
name_not_sent(const struct exchange *exchange, struct err *err)
{
    if (exchange->request->once && err->kind == ERR_TRANSIENT &&
        !err_is(err, MSG_THROTTLED))
        err_code(err, MSG_NOT_SENT);
}

/* Only types are that large. Anything else did not come from the server
 * itself, so a retry may help. */
static bool
judge_size(const struct exchange *exchange, struct err *err)
{
    if (err_is(err, MSG_TOO_LARGE) && exchange->request->reply_ceiling == 0)
        err->kind = ERR_TRANSIENT;
    return false;
}

/* The only place that sends the credential: to its own server. */
static bool
post_body(struct exchange *exchange, const struct request_headers *headers,
          struct http_head *head, struct err *err)
{
    const char *lines[HEADERS_MAX + 3];
    struct http_request request = {.method = "POST",
                                   .url = exchange->server->url,
                                   .headers = lines,
                                   .body = buf_span(&exchange->body),
                                   .once = exchange->request->once,
                                   .deadline_ms = exchange->now.deadline_ms};
    bool finish = exchange->request->finish;
    bool ok;

    list_headers(headers, lines);
    if (finish)
        task_shield();
    ok = http_fetch(exchange->server->http, &request, head, &exchange->answer,
                    err) ||
         judge_size(exchange, err);
    if (finish)
        task_unshield();
    return ok;
}

static bool
send_authorized(struct exchange *exchange, struct http_head *head,
                struct err *err)
{
    const struct request_hooks *hooks = exchange->hooks;
    struct request_headers headers = {.text = buf_with_ceiling(HEADER_BYTES)};
    bool ok = hooks->authorize(hooks->ctx, &exchange->now, &headers, err);

    if (ok)
        ok = post_body(exchange, &headers, head, err);
    else
        name_not_sent(exchange, err);
    wipe_headers(&headers);
    return ok;
}

/* The arena gets the answer: what judge() reads points into it. */
static struct span
keep_answer(struct exchange *exchange)
{
    struct buf *answer = &exchange->answer;
    size_t length =
        answer->length > 0 ? redact_bytes(answer->bytes, answer->length) : 0;
    size_t room = answer->capacity;
    char *kept = buf_give(answer);

    if (kept == NULL)
        return span_of("", 0);
    arena_adopt(&exchange->answers, kept, room);
    return span_of(kept, length);
}

static bool
ask_once(struct exchange *exchange, struct err *err)
{
    const struct request_hooks *hooks = exchange->hooks;
    struct http_head head;

    if (!send_authorized(exchange, &head, err))
        return false;
    exchange->now.is_stale = false;
    return hooks->judge(hooks->ctx, &exchange->now, &head,
                        keep_answer(exchange), err);
}

static bool
ask_renewing(struct exchange *exchange, struct err *err)
{
    struct request_try *now = &exchange->now;

    if (ask_once(exchange, err))
        return true;
    if (!now->is_stale || now->was_renewed)
        return false;
    now->was_renewed = true;
    return ask_once(exchange, err);
}

/* ---- the rate ---------------------------------------------------------- */

static bool
is_rated(const struct exchange *exchange)
{
    return exchange->server->rate != NULL && exchange->request->user != NULL;
}

/* The wait for the rate is over before the try, and its budget, begins. */
static bool
begin_rated(struct exchange *exchange, struct err *err)
{
    const struct request *request = exchange->request;

    exchange->now.told = rate_told_nothing();
    return !is_rated(exchange) ||
           rate_begin(exchange->server->rate, request->user, exchange->points,
                      exchange->now.log, &exchange->pass, err);
}

static void
end_rated(struct exchange *exchange, const struct err *failure)
{
    struct rate_told *told = &exchange->now.told;

    if (!is_rated(exchange))
        return;
    if (failure != NULL && failure->kind == ERR_TRANSIENT &&
        !told->is_throttled)
        told->is_strained = true;
    rate_end(exchange->server->rate, &exchange->pass, told);
}

/* Did the server refuse the try because of the rate, and say when to ask again?
 * Then rate_begin() waits for that time. But a server that keeps refusing for
 * longer than the longest wait counts as one that does not answer. */
static bool
is_announced(struct exchange *exchange, struct err *err)
{
    const struct rate_told *told = &exchange->now.told;

    if (!is_rated(exchange) || !told->is_throttled || told->wait_ms == 0)
        return false;
    if (told->cost > exchange->points)
        exchange->points = told->cost; /* the estimate was too low */
    if (exchange->throttled_since_ms == 0)
        exchange->throttled_since_ms = clock_now_ms();
    if (clock_now_ms() - exchange->throttled_since_ms <= rate_longest_ms())
        return true;
    err->kind = ERR_LATER;
    return false;
}

/* ---- all tries --------------------------------------------------------- */

static bool
ask_rated(struct exchange *exchange, struct err *err)
{
    bool ok = ask_renewing(exchange, err);

    end_rated(exchange, ok ? NULL : err);
    if (!exchange->now.told.is_throttled)
        exchange->throttled_since_ms = 0;
    return ok;
}

static bool
try_now(struct exchange *exchange, struct backoff *backoff, struct err *err)
{
    struct request_try *now = &exchange->now;

    if (!begin_rated(exchange, err))
        return false;
    backoff_begin(backoff);
    now->deadline_ms = backoff_deadline(backoff);
    now->wait_ms = 0;
    now->is_stale = false;
    arena_clear(&exchange->answers);
    if (ask_rated(exchange, err)) {
        patience_answered(exchange->server->patience, backoff);
        return true;
    }
    if (err->kind == ERR_STOPPED)
        return false;
    if (err->kind != ERR_TRANSIENT)
        patience_answered(exchange->server->patience, backoff);
    err_wrap(err, "%s", exchange->request->what);
    return false;
}

static bool
may_try_again(const struct exchange *exchange, const struct err *err)
{
    const struct request *request = exchange->request;

    return err->kind == ERR_TRANSIENT &&
           (!request->once || err_is(err, MSG_THROTTLED)) &&
           (request->given_up == NULL || !*request->given_up);
}

/* After a 5xx or half an answer it is not known whether the server carried
 * out the request. For a request with `once`, ANSWER_LOST says so. */
static void
name_loss(const struct exchange *exchange, struct err *err)
{
    if (exchange->request->once && err->kind == ERR_TRANSIENT &&
        !err_is(err, MSG_NOT_SENT))
        err_code(err, MSG_ANSWER_LOST);
}

static void
say_suspended(struct exchange *exchange)
{
    const struct patience_config *config = &exchange->server->patience->config;

    if (config->suspend != NULL && !exchange->is_suspended)
        config->suspend(config->ctx, exchange->request->what);
    exchange->is_suspended = true;
}

static void
say_resumed(struct exchange *exchange)
{
    const struct patience_config *config = &exchange->server->patience->config;

    if (config->resume != NULL && exchange->is_suspended)
        config->resume(config->ctx, exchange->request->what);
    exchange->is_suspended = false;
}

static bool
wait_before_retry(struct exchange *exchange, struct backoff *backoff,
                  struct err *err)
{
    if (exchange->now.wait_ms > 0)
        backoff->last_ms = 0; /* the server said how long: do not grow */
    say_suspended(exchange);
    return patience_wait(exchange->server->patience, backoff,
                         exchange->now.wait_ms, exchange->now.log,
                         "retrying a request", err);
}

static bool
refuse_given_up(const struct exchange *exchange, struct err *err)
{
    const struct err *why = patience_given_up(exchange->server->patience);

    if (why == NULL)
        return false;
    *err = *why;
    return true;
}

/* Can fewer rows help against this failure? */
static bool
is_of_size(const struct err *err)
{
    return err_is(err, MSG_TOO_LARGE) || err_is(err, MSG_TOO_COMPLEX) ||
           err_is(err, MSG_MAX_COST_EXCEEDED) || err_is(err, MSG_ANSWER_LOST) ||
           strcmp(err->code, "HTTP_502") == 0 ||
           strcmp(err->code, "HTTP_504") == 0;
}

/* Ask for fewer rows, if that can help. Without them, an answer that is too
 * large, or too complex, stays so. */
static bool
make_smaller(struct exchange *exchange, struct err *err)
{
    const struct request *request = exchange->request;
    const char *variables;

    if (request->smaller == NULL || !is_of_size(err))
        return false;
    variables = request->smaller(request->smaller_ctx, err);
    if (variables == NULL) {
        if (err_is(err, MSG_TOO_LARGE))
            err->kind = ERR_FAILED;
        return false;
    }
    exchange->variables = variables;
    return write_body(exchange, err);
}

/* May the request be sent again now, without a wait? */
static bool
is_again_at_once(struct exchange *exchange, struct backoff *backoff,
                 struct err *err)
{
    bool is_smaller = make_smaller(exchange, err);

    if (is_announced(exchange, err)) {
        patience_answered(exchange->server->patience, backoff);
        return true;
    }
    return is_smaller &&
           (err->kind != ERR_TRANSIENT || err_is(err, MSG_TOO_LARGE));
}

static bool
try_until_done(struct exchange *exchange, struct err *err)
{
    struct patience *patience = exchange->server->patience;
    struct backoff backoff =
        patience_backoff(patience, exchange->request->what);

    backoff.end_ms = exchange->request->deadline_ms;
    do {
        if (refuse_given_up(exchange, err))
            return false;
        if (try_now(exchange, &backoff, err))
            return true;
        if (is_again_at_once(exchange, &backoff, err))
            continue;
        if (err->kind == ERR_LATER && !is_rated(exchange))
            patience_give_up(patience, err);
        if (!may_try_again(exchange, err) ||
            !wait_before_retry(exchange, &backoff, err))
            break;
    } while (true);
    name_loss(exchange, err);
    return false;
}

/* ---- requests ---------------------------------------------------------- */

bool
request_send(const struct request_server *server, const struct request *request,
             const struct request_hooks *hooks, const struct log_ctx *log,
             struct arena *arena, struct err *err)
{
    size_t ceiling =
        request->reply_ceiling > 0 ? request->reply_ceiling : REPLY_BYTES;
    struct exchange exchange = {.server = server,
                                .request = request,
                                .hooks = hooks,
                                .body = buf_with_ceiling(REQUEST_BYTES),
                                .answer = buf_with_ceiling(ceiling),
                                .now = {.request = request, .log = log},
                                .variables = request->variables,
                                .points = request->points};
    bool ok;

    exchange.now.arena = &exchange.answers;
    ok = write_body(&exchange, err) && try_until_done(&exchange, err);
    say_resumed(&exchange);
    arena_take(arena, &exchange.answers);
    arena_free(&exchange.answers);
    buf_free(&exchange.body);
    buf_free(&exchange.answer);
    return ok;
}
