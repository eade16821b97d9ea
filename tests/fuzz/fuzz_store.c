/* store: no reply of the store may crash its reader, and each must lead to a
 * complete result or to an error with a message.
 *
 * A script of replies, each a head and a body, replaces the network. The
 * program's own code sends the requests: sessions, tokens, bulk operations and
 * introspection. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "api/introspect.h"
#include "base/clock.h"
#include "base/task.h"
#include "graphql/introspection.h"
#include "http/head.h"
#include "http/transfer.h"
#include "shopify/bulk.h"
#include "shopify/shop.h"

enum {
    END_OF_ANSWER = 0x1e,
    MOST_WAITS = 6,
    LONGEST_WAIT_MS = 24 * 3600 * 1000
};

static struct {
    struct span rest;
    int waits;
} script;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- the network and the scheduler, replaced --------------------------- */

static struct span
take_until(struct span *rest, char end)
{
    const char *found = memchr(rest->bytes, end, rest->length);
    size_t length =
        found != NULL ? (size_t)(found - rest->bytes) : rest->length;
    struct span taken = span_head(*rest, length);

    *rest = span_tail(*rest, found != NULL ? length + 1 : length);
    return taken;
}

/* Read lines up to an empty one; the rest of the reply is the body. */
static void
read_head(struct span *answer, struct http_head *head)
{
    bool done = false;

    head_add_line(head, span_str("HTTP/1.1 200 OK"), &done);
    while (answer->length > 0 && !done)
        head_add_line(head, take_until(answer, '\n'), &done);
}

int64_t
http_stall_timeout(const struct http *http)
{
    (void)http;
    return 60000;
}

bool
http_fetch(struct http *http, const struct http_request *request,
           struct http_head *head, struct buf *body, struct err *err)
{
    struct span answer;

    (void)http;
    (void)request;
    if (script.rest.length == 0) {
        return err_set(err, MSG_ANSWER_LOST, "the script has ended");
    }
    answer = take_until(&script.rest, END_OF_ANSWER);
    memset(head, 0, sizeof(*head));
    read_head(&answer, head);
    buf_clear(body);
    buf_append_span(body, answer);
    return !body->overflowed || err_set(err, MSG_TOO_LARGE, "too large");
}

enum task_wake
task_sleep_until(int64_t deadline_ms)
{
    if (deadline_ms < clock_now_ms() - 1000)
        abort();
    return ++script.waits < MOST_WAITS ? TASK_TIMEOUT : TASK_STOPPED;
}

/* A request waits for the server's rate limit. */
enum task_wake
task_wait(struct task_queue *queue, int64_t deadline_ms)
{
    (void)queue;
    return task_sleep_until(deadline_ms);
}

void
task_wake_all(struct task_queue *queue)
{
    (void)queue;
}

bool
task_stopped(struct err *err)
{
    return err_set(err, MSG_STOPPED, "stopped");
}

bool
task_lock(struct task_lock *lock, struct err *err)
{
    (void)lock;
    (void)err;
    return true;
}

void
task_unlock(struct task_lock *lock)
{
    (void)lock;
}

void
task_shield(void)
{
}

void
task_unshield(void)
{
}

/* ---- requests ----------------------------------------------------------- */

static void
check_operation(const struct bulk_operation *operation)
{
    if (operation->id[0] == '\0' ||
        bulk_status_name(operation->status)[0] == '\0' ||
        strnlen(operation->url, BULK_URL_BYTES) == BULK_URL_BYTES)
        abort();
}

static bool
submit(struct session *session, struct err *err)
{
    struct bulk_operation operation;
    int64_t wait_ms;
    bool ok = bulk_submit(session, "{ a }", NULL, &operation, &wait_ms, err);

    if (ok)
        check_operation(&operation);
    if (wait_ms < -1 || wait_ms > LONGEST_WAIT_MS)
        abort();
    return ok;
}

static bool
poll_operation(struct session *session, struct err *err)
{
    struct bulk_operation operation;
    bool ok = bulk_read(session, "gid://shopify/BulkOperation/1", 0, NULL,
                        &operation, err);

    if (ok)
        check_operation(&operation);
    return ok;
}

static bool
cancel(struct session *session, struct err *err)
{
    struct bulk_operation operation;
    bool ok = bulk_cancel(session, "gid://shopify/BulkOperation/1", 0, NULL,
                          &operation, err);

    if (ok)
        check_operation(&operation);
    return ok;
}

static bool
find(struct session *session, struct err *err)
{
    struct bulk_operation operation;
    bool found;
    bool ok = bulk_find(session, BULK_QUERY, "# bulkpg x/1.1", NULL, &operation,
                        &found, err);

    if (ok && found)
        check_operation(&operation);
    return ok;
}

static bool
read_type(void *ctx, const char *name, struct span json, struct err *err)
{
    struct arena *arena = ctx;
    struct gql_type *type;
    size_t left = SIZE_MAX;

    (void)name;
    return json.length == 0 || gql_read_type(arena, json, &left, &type, err);
}

static bool
ask_session(void *session, const struct request *request, struct arena *arena,
            struct json **data, struct err *err)
{
    struct answer answer;
    bool ok = session_send(session, request, NULL, arena, &answer, err);

    *data = answer.data;
    return ok;
}

static bool
introspect(struct session *session, struct err *err)
{
    static const char *const names[] = {"Product", "Order", "Money"};
    struct introspect_way way = {.ask = ask_session, .ctx = session};
    struct arena arena = {0};
    bool ok = introspect_types(&way, names, 3, read_type, &arena, err);

    arena_free(&arena);
    return ok;
}

static bool
query_type(struct session *session, struct err *err)
{
    struct introspect_way way = {.ask = ask_session, .ctx = session};
    char name[128];

    return introspect_query_type(&way, name, err);
}

static bool
shop(struct session *session, struct err *err)
{
    struct arena arena = {0};
    struct shop found;
    bool ok = shop_read(session, NULL, &arena, &found, err);

    arena_free(&arena);
    return ok;
}

static bool (*const questions[])(struct session *session, struct err *err) = {
    submit, poll_operation, cancel, find, introspect, query_type, shop};

enum { QUESTIONS = sizeof(questions) / sizeof(questions[0]) };

/* The first byte of the input selects the request, and whether the session has
 * a token or gets one by a client credentials grant. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct session_config config = {.store = "acme",
                                    .base_url = "https://example.invalid",
                                    .api_version = "2026-10",
                                    .retry_initial_ms = 1,
                                    .retry_max_ms = 2,
                                    .retry_budget_ms = 3600000};
    struct session *session;
    struct err err = {0};

    if (size == 0)
        return 0;
    if ((data[0] & 0x80) != 0) {
        config.client_id = "id";
        config.client_secret = "secret";
    } else {
        config.token = "shpat_token";
    }
    script.rest = span_of((const char *)data + 1, size - 1);
    script.waits = 0;
    log_configure(LOG_TEXT, LOG_ERROR);
    session = session_new(NULL, &config);
    if (!questions[(data[0] & 0x7f) % QUESTIONS](session, &err) &&
        (err.kind == ERR_NONE || err.kind == ERR_BUG || err.message[0] == '\0'))
        abort();
    session_free(session);
    return 0;
}
