/* server: requests are routed, limited, answered at once or later, and finished
 * at a stop. tests/e2e has clients that do not follow the rules. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/task.h"
#include "hook/server.h"
#include "support/clock.h"
#include "support/scripted_server.h"
#include "support/suite.h"

static struct http *client;
static struct server *server;
static struct task_group tasks;
static struct err err;

/* What the server's handler saw, and what it answers. */
static char seen[200];
static unsigned answer_with;
static struct server_request *waiting;
static bool well;

static unsigned
take(void *ctx, const struct delivery *delivery, struct server_request *request)
{
    (void)ctx;
    snprintf(seen, sizeof(seen), "%.*s|%.*s|%.*s|%zu",
             SPAN_ARG(delivery->store), SPAN_ARG(delivery->domain),
             SPAN_ARG(delivery->topic), delivery->body.length);
    waiting = request;
    return answer_with;
}

static bool
is_well(void *ctx)
{
    (void)ctx;
    return well;
}

static void
run_server(void *ctx)
{
    server_run(ctx);
}

static void
begin(struct http *http, size_t bodies_bytes)
{
    struct server_limits limits = {20, bodies_bytes};
    struct server_handler handler = {take, is_well, NULL};

    client = http;
    seen[0] = '\0';
    tasks = (struct task_group){0};
    answer_with = 200;
    well = true;
    ck_assert_msg(server_new("127.0.0.1", 0, &limits, &handler, &server, &err),
                  "%s", err.message);
    task_group_spawn(&tasks, "server", run_server, server);
}

static void
end(void)
{
    tasks_stop();
    task_group_wait(&tasks);
    server_free(server);
}

/* The status of the answer; 0: there is none. */
static int
ask(const char *method, const char *path, struct span body)
{
    static const char *const headers[] = {"X-Shopify-Topic: products/update",
                                          "x-shopify-shop-domain: acme", NULL};
    struct buf answer = buf_with_ceiling(10000);
    struct http_head head = {0};
    struct http_request request = {
        .method = method, .headers = headers, .body = body};
    char url[100];
    bool asked;

    snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", server_port(server),
             path);
    request.url = url;
    asked = http_fetch(client, &request, &head, &answer, &err);
    buf_free(&answer);
    return asked ? head.status : 0;
}

#define BODY span_str("{\"id\":7}")

TASK_TEST(a_webhook_has_headers_path_and_body, 10000)
{
    begin(http, 1000000);
    ck_assert_int_eq(ask("POST", "/", BODY), 200);
    ck_assert_str_eq(seen, "|acme|products/update|8");
    answer_with = 401;
    ck_assert_int_eq(ask("POST", "/beta?x=1", BODY), 401);
    ck_assert_str_eq(seen, "beta|acme|products/update|8");
    end();
}

TASK_TEST(other_requests_are_not_taken, 10000)
{
    begin(http, 1000000);
    ck_assert_int_eq(ask("GET", "/", BODY), 405);
    ck_assert_int_eq(ask("POST", "/a/b", BODY), 404);
    ck_assert_int_eq(ask("POST", "/health", BODY), 405);
    ck_assert_int_eq(ask("GET", "/health", BODY), 200);
    well = false;
    ck_assert_int_eq(ask("GET", "/health", BODY), 503);
    ck_assert_str_eq(seen, "");
    end();
}

enum { MIB = 1024 * 1024 };

static char large[MIB + 1];

TASK_TEST(a_body_has_a_limit, 10000)
{
    begin(http, 2 * MIB);
    ck_assert_int_eq(ask("POST", "/", span_of(large, MIB)), 200);
    ck_assert_str_eq(seen, "|acme|products/update|1048576");
    ck_assert_int_eq(ask("POST", "/", span_of(large, MIB + 1)), 413);
    ck_assert_int_eq(ask("POST", "/", BODY), 200);
    end();
}

TASK_TEST(all_bodies_together_have_a_limit, 10000)
{
    begin(http, MIB / 2);
    ck_assert_int_eq(ask("POST", "/", span_of(large, MIB)), 503);
    ck_assert_int_eq(ask("POST", "/", BODY), 200);
    end();
}

/* ---- requests that wait -------------------------------------------------- */

static int answered;

static void
ask_waiting(void *ctx)
{
    (void)ctx;
    answered = ask("POST", "/", BODY);
}

static void
begin_waiting(void)
{
    answer_with = 0;
    waiting = NULL;
    answered = 0;
    task_group_spawn(&tasks, "client", ask_waiting, NULL);
    while (waiting == NULL)
        (void)task_sleep_until(clock_after_ms(1));
}

/* The clock is frozen, so no deadline wakes the server. */
TASK_TEST(a_request_may_be_answered_later, 10000)
{
    struct server_request *first;

    begin(http, 1000000);
    begin_waiting();
    first = waiting;
    answer_with = 200;
    ck_assert_int_eq(ask("POST", "/", BODY), 200); /* another connection */
    ck_assert_int_eq(answered, 0);
    clock_freeze();
    server_answer(first, 503);
    while (answered == 0)
        task_yield();
    ck_assert_int_eq(answered, 503);
    end();
}

static void
answer_soon(void *ctx)
{
    task_shield();
    (void)task_sleep_until(clock_after_ms(20));
    server_answer(ctx, 200);
    task_unshield();
}

static void
ask_shielded(void *ctx)
{
    task_shield();
    ask_waiting(ctx);
    task_unshield();
}

TASK_TEST(a_stop_waits_for_requests, 10000)
{
    begin(http, 1000000);
    answer_with = 0;
    waiting = NULL;
    task_group_spawn(&tasks, "client", ask_shielded, NULL);
    while (waiting == NULL)
        (void)task_sleep_until(clock_after_ms(1));
    task_group_spawn(&tasks, "answer", answer_soon, waiting);
    end();
    ck_assert_int_eq(answered, 200);
}

TASK_TEST(an_address_must_be_free_and_numeric, 10000)
{
    struct server_limits limits = {20, 1000};
    struct server_handler handler = {take, is_well, NULL};
    struct server *other;

    begin(http, 1000);
    ck_assert(!server_new("127.0.0.1", server_port(server), &limits, &handler,
                          &other, &err));
    ck_assert_str_eq(err.code, "LISTEN_ADDRESS");
    ck_assert(!server_new("localhost", 0, &limits, &handler, &other, &err));
    ck_assert_str_eq(err.code, "LISTEN_ADDRESS");
    end();
}

START_TEST(the_number_of_connections_follows_from_that_of_files)
{
    unsigned connections;

    ck_assert(server_connections(&connections, &err));
    ck_assert_uint_ge(connections, 64);
}

END_TEST

static Suite *
server_suite(void)
{
    Suite *suite = suite_create("server");
    TCase *tests = tcase_create("server");

    tcase_add_test(tests, a_webhook_has_headers_path_and_body);
    tcase_add_test(tests, other_requests_are_not_taken);
    tcase_add_test(tests, a_body_has_a_limit);
    tcase_add_test(tests, all_bodies_together_have_a_limit);
    tcase_add_test(tests, a_request_may_be_answered_later);
    tcase_add_test(tests, a_stop_waits_for_requests);
    tcase_add_test(tests, an_address_must_be_free_and_numeric);
    tcase_add_test(tests, the_number_of_connections_follows_from_that_of_files);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(server_suite());
}
