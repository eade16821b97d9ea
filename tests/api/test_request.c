/* request: one request and its retries, to a server that is not Shopify. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "api/request.h"
#include "support/scripted_server.h"
#include "support/suite.h"

enum { PATIENT_MS = 600000 };

/* The toy server takes bearer keys: "key-1" until it refuses it, then "key-2",
 * and so on. */
struct toy {
    int key;
    bool has_no_key;  /* authorize fails with ERR_TRANSIENT */
    enum err_kind as; /* judge's error for a 503 */
    char text[64];    /* of the last answer that was judged */
    int suspended;    /* calls of on_suspend() */
    int resumed;      /* calls of on_resume() */
};

static struct toy toy;
static struct patience patience;
static struct arena arena;
static struct err err;
static const struct log_ctx ctx = {.store = "toy"};

static bool
authorize(void *ctx_, struct request_try *now, struct request_headers *headers,
          struct err *why)
{
    struct toy *t = ctx_;
    char value[32];

    if (t->has_no_key) {
        err_set(why, MSG_TOKEN_REFUSED, "no key yet");
        return err_as(why, ERR_TRANSIENT);
    }
    t->key += now->is_stale || t->key == 0;
    snprintf(value, sizeof(value), "Bearer key-%d", t->key);
    return request_header(headers, "Authorization", value) &&
           request_header(headers, "X-Toy", now->request->what);
}

static bool
judge(void *ctx_, struct request_try *now, const struct http_head *head,
      struct span body, struct err *why)
{
    struct toy *t = ctx_;

    snprintf(t->text, sizeof(t->text), "%.*s", SPAN_ARG(body));
    now->is_stale = head->status == 401 && !now->was_renewed;
    if (head->status == 200)
        return true;
    err_set(why, MSG_HTTP_, "HTTP %d", head->status);
    return err_as(why, head->status == 503 ? t->as : ERR_DENIED);
}

static void
on_suspend(void *ctx_, const char *what)
{
    ck_assert_str_eq(what, "look");
    ((struct toy *)ctx_)->suspended++;
}

static void
on_resume(void *ctx_, const char *what)
{
    ck_assert_str_eq(what, "look");
    ((struct toy *)ctx_)->resumed++;
}

static void
setup(void)
{
    toy = (struct toy){.as = ERR_TRANSIENT};
    patience = (struct patience){.config = {.retry_initial_ms = 1,
                                            .retry_max_ms = 5,
                                            .retry_budget_ms = PATIENT_MS,
                                            .suspend = on_suspend,
                                            .resume = on_resume,
                                            .ctx = &toy}};
}

static void
teardown(void)
{
    arena_free(&arena);
}

static bool
ask(struct http *http, const struct scripted_server *scripted, bool once)
{
    struct request_server server = {.http = http,
                                    .url = scripted_server_url(scripted),
                                    .patience = &patience};
    struct request request = {
        .what = "look", .document = "{ a }", .once = once};
    struct request_hooks hooks = {
        .authorize = authorize, .judge = judge, .ctx = &toy};

    return request_send(&server, &request, &hooks, &ctx, &arena, &err);
}

#define ANSWER(code, text)           \
    {                                \
        .status = code, .body = text \
    }

TASK_TEST(hooks_add_the_headers_and_read_the_answer, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.expect = "Authorization: Bearer key-1\r\n",
         .status = 200,
         .body = "fine"}};
    struct scripted_server *server = SERVE(steps);

    ck_assert_msg(ask(http, server, false), "%s", err.message);
    ck_assert_str_eq(toy.text, "fine");
    ck_assert_ptr_nonnull(
        strstr(scripted_server_request(server, 0), "X-Toy: look\r\n"));
    ck_assert_ptr_nonnull(
        strstr(scripted_server_request(server, 0), "{\"query\":\"{ a }\"}"));
    ck_assert_int_eq(toy.suspended + toy.resumed, 0);
}

TASK_TEST(a_refused_credential_is_replaced_once, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.expect = "key-1", .status = 401},
        {.expect = "key-2", .status = 200},
        {.expect = "key-2", .status = 401},
        {.expect = "key-3", .status = 401}};
    struct scripted_server *server = SERVE(steps);

    ck_assert_msg(ask(http, server, true), "%s", err.message);
    ck_assert(!ask(http, server, true));
    ck_assert_int_eq(err.kind, ERR_DENIED);
    ck_assert_uint_eq(scripted_server_requests(server), 4);
}

TASK_TEST(a_transient_error_is_retried, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        ANSWER(503, "no"), ANSWER(503, "no"), ANSWER(200, "yes")};

    ck_assert_msg(ask(http, SERVE(steps), false), "%s", err.message);
    ck_assert_str_eq(toy.text, "yes");
    ck_assert_int_eq(toy.suspended, 1);
    ck_assert_int_eq(toy.resumed, 1);
}

TASK_TEST(a_request_with_once_is_not_repeated, PATIENT_MS)
{
    static const struct scripted_step steps[] = {ANSWER(503, "no")};
    struct scripted_server *server = SERVE(steps);

    ck_assert(!ask(http, server, true));
    ck_assert_int_eq(err.kind, ERR_TRANSIENT);
    ck_assert_str_eq(err.code, "ANSWER_LOST");
    ck_assert_str_eq(err.message, "look: HTTP 503");
    ck_assert_uint_eq(scripted_server_requests(server), 1);
}

TASK_TEST(without_a_credential_nothing_is_sent, PATIENT_MS)
{
    static const struct scripted_step steps[] = {ANSWER(200, "yes")};
    struct scripted_server *server = SERVE(steps);

    toy.has_no_key = true;
    ck_assert(!ask(http, server, true));
    ck_assert_int_eq(err.kind, ERR_TRANSIENT);
    ck_assert_str_eq(err.code, "NOT_SENT");
    ck_assert_uint_eq(scripted_server_requests(server), 0);
}

TASK_TEST(after_err_later_nothing_more_is_sent, PATIENT_MS)
{
    static const struct scripted_step steps[] = {ANSWER(503, "no"),
                                                 ANSWER(200, "yes")};
    struct scripted_server *server = SERVE(steps);

    toy.as = ERR_LATER;
    ck_assert(!ask(http, server, false));
    ck_assert(!ask(http, server, false));
    ck_assert_int_eq(err.kind, ERR_LATER);
    ck_assert_uint_eq(scripted_server_requests(server), 1);
}

static char long_value[16 * 1024];

static bool
add_too_much(void *ctx_, struct request_try *now,
             struct request_headers *headers, struct err *why)
{
    int *count = ctx_;

    (void)now;
    while (request_header(headers, "X-Toy", "1"))
        ++*count;
    ck_assert(!request_header(headers, "X-Toy", long_value));
    return err_set(why, MSG_BAD_TOKEN, "no room");
}

TASK_TEST(the_number_of_headers_is_limited, PATIENT_MS)
{
    int count = 0;
    struct request_server server = {
        .http = http, .url = "http://127.0.0.1:1/", .patience = &patience};
    struct request request = {.what = "look", .document = "{ a }"};
    struct request_hooks hooks = {
        .authorize = add_too_much, .judge = judge, .ctx = &count};

    memset(long_value, 'x', sizeof(long_value) - 1);
    ck_assert(!request_send(&server, &request, &hooks, &ctx, &arena, &err));
    ck_assert_str_eq(err.code, "BAD_TOKEN");
    ck_assert_int_ge(count, 2);
    ck_assert_int_lt(count, 100);
}

int
main(void)
{
    Suite *suite = suite_create("request");
    TCase *tcase = tcase_create("request");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, hooks_add_the_headers_and_read_the_answer);
    tcase_add_test(tcase, a_refused_credential_is_replaced_once);
    tcase_add_test(tcase, a_transient_error_is_retried);
    tcase_add_test(tcase, a_request_with_once_is_not_repeated);
    tcase_add_test(tcase, without_a_credential_nothing_is_sent);
    tcase_add_test(tcase, after_err_later_nothing_more_is_sent);
    tcase_add_test(tcase, the_number_of_headers_is_limited);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
