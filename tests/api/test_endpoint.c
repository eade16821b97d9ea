/* endpoint: what a source's answers mean, and which are tried again. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "api/endpoint.h"
#include "api/introspect.h"
#include "base/clock.h"
#include "base/task.h"
#include "support/clock.h"
#include "support/scripted_server.h"
#include "support/suite.h"

enum { PATIENT_MS = 600000 };

static struct rate_pool pool;
static struct endpoint *endpoint;
static struct endpoint_config config;
static struct endpoint_header headers[2];
static struct rate_user user;
static struct request request;
static struct reply reply;
static struct arena arena;
static struct err err;
static const struct log_ctx ctx = {.store = "gh"};
static char url[200];
static const char *at;

static void
setup(void)
{
    pool = (struct rate_pool){0};
    endpoint = NULL;
    at = NULL;
    user = (struct rate_user){0};
    headers[0] =
        (struct endpoint_header){"Authorization", "Bearer ", "hunter2-hunter2"};
    headers[1] =
        (struct endpoint_header){"X-Api-Key", "key written-here", NULL};
    config = (struct endpoint_config){.name = "gh",
                                      .headers = headers,
                                      .header_count = 2,
                                      .concurrency = 4,
                                      .share = 0.8,
                                      .retry_initial_ms = 1,
                                      .retry_max_ms = 5,
                                      .retry_budget_ms = PATIENT_MS};
    request = (struct request){
        .what = "page", .document = "{ a }", .user = &user, .points = 1};
    memset(&err, 0, sizeof(err));
}

static void
teardown(void)
{
    arena_free(&arena);
}

static void
open_at(struct http *http, const struct scripted_server *server,
        const char *path)
{
    snprintf(url, sizeof(url), "%s%s", scripted_server_url(server), path);
    config.url = url;
    endpoint = endpoint_new(http, &pool, &config);
}

static void
done(void)
{
    endpoint_free(endpoint);
    rate_pool_free(&pool);
}

static bool
ask(void)
{
    return endpoint_send(endpoint, &request, at, &ctx, &arena, &reply, &err);
}

#define ANSWER(code, text)           \
    {                                \
        .status = code, .body = text \
    }
#define GOOD         ANSWER(200, "{\"data\":{\"a\":1}}")
#define ERRORS(text) ANSWER(200, "{\"errors\":[" text "]}")

/* ---- requests ----------------------------------------------------------- */

TASK_TEST(headers_go_with_each_request, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.expect = "POST /graphql HTTP", .status = 503},
        {.expect = "Authorization: Bearer hunter2-hunter2\r\n",
         .status = 200,
         .headers = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
         .body = "{\"data\":{\"a\":\"hunter2-hunter2 written-here\"}}"}};
    struct scripted_server *server = SERVE(steps);

    open_at(http, server, "/graphql");
    ck_assert_msg(ask(), "%s", err.message);
    ck_assert_str_eq(json_str(json_get(reply.data, "a")), "*** ***");
    ck_assert_int_eq(reply.date_s, 784111777);
    ck_assert_ptr_null(reply.errors);
    ck_assert_ptr_nonnull(strstr(scripted_server_request(server, 1),
                                 "X-Api-Key: key written-here\r\n"));
    ck_assert_ptr_nonnull(
        strstr(scripted_server_request(server, 1), "{\"query\":\"{ a }\"}"));
    ck_assert_int_eq(rate_in_flight(endpoint_rate(endpoint)), 0);
    done();
}

static const struct {
    const char *path;
    const char *at;
    const char *asked;
} moments[] = {
    {"/g", NULL, "POST /g HTTP"},
    {"/g", "2026-01-02T03:04:05Z", "POST /g?at=2026-01-02T03:04:05Z HTTP"},
    {"/g?b=1", "1", "POST /g?b=1&at=1 HTTP"},
    {"/g?at={at}", "1", "POST /g?at=1 HTTP"},
    {"/g/{at}/h", "1", "POST /g/1/h HTTP"},
    {"/g?at={at}", NULL, "POST /g HTTP"},
    {"/g?at={at}&b=1", NULL, "POST /g?b=1 HTTP"},
    {"/g?b=1&at={at}", NULL, "POST /g?b=1 HTTP"},
    {"/g?b=1&at={at}&c=2", NULL, "POST /g?b=1&c=2 HTTP"},
};

TASK_LOOP_TEST(moment_is_in_the_url, PATIENT_MS)
{
    static const struct scripted_step steps[] = {GOOD};
    struct scripted_server *server = SERVE(steps);

    open_at(http, server, moments[row].path);
    at = moments[row].at;
    ck_assert_msg(ask(), "%s", err.message);
    ck_assert_msg(
        strstr(scripted_server_request(server, 0), moments[row].asked) != NULL,
        "%s", scripted_server_request(server, 0));
    done();
}

/* ---- answers that end the request --------------------------------------- */

static const struct {
    struct scripted_step step;
    enum err_kind kind;
    const char *code;
    const char *message;
} ends[] = {
    {ANSWER(401, "{\"message\":\"Bad credentials\"}"), ERR_DENIED,
     "UNAUTHORIZED",
     "page: source gh does not accept the credentials (HTTP 401): Bad "
     "credentials"},
    {ANSWER(401, "<html>no</html>"), ERR_DENIED, "UNAUTHORIZED",
     "page: source gh does not accept the credentials (HTTP 401)"},
    {ERRORS("{\"message\":\"who?\",\"extensions\":{\"code\":"
            "\"UNAUTHENTICATED\"}}"),
     ERR_DENIED, "UNAUTHORIZED",
     "page: source gh does not accept the credentials (HTTP 200): who? "
     "(UNAUTHENTICATED)"},
    {{.status = 302, .headers = "Location: https://other.example/x?t=1\r\n"},
     ERR_FAILED,
     "REDIRECTED",
     "page: source gh redirects to other.example (HTTP 302), which bulkpg does "
     "not follow"},
    {{.status = 307, .headers = "Location: /login\r\n"},
     ERR_FAILED,
     "REDIRECTED",
     "page: source gh redirects to another address (HTTP 307), which bulkpg "
     "does not follow"},
    {ANSWER(403, "<html>"), ERR_DENIED, "FORBIDDEN",
     "page: source gh forbids this request (HTTP 403)"},
    {ANSWER(404, "{\"errors\":[\"Branch: x not found.\"]}"), ERR_CONFIG,
     "NOT_FOUND",
     "page: source gh has no API at this address (HTTP 404): Branch: x not "
     "found."},
    {ANSWER(418, "no"), ERR_FAILED, "HTTP_418",
     "page: source gh answered HTTP 418"},
    {ERRORS("{\"message\":\"Field 'b' doesn't exist\",\"path\":[\"query\"]}"),
     ERR_CONFIG, "GRAPHQL_ERROR",
     "page: source gh answered: Field 'b' doesn't exist"},
    {ERRORS("\"one\",\"two\""), ERR_CONFIG, "GRAPHQL_ERROR",
     "page: source gh answered: one; two"},
    {ANSWER(400, "{\"errors\":\"all wrong\"}"), ERR_CONFIG, "GRAPHQL_ERROR",
     "page: source gh answered: all wrong"},
    {ANSWER(200, "{\"data\":null,\"errors\":[{\"type\":\"NOT_FOUND\"}]}"),
     ERR_CONFIG, "GRAPHQL_ERROR",
     "page: source gh answered: an error without a message (NOT_FOUND)"},
    {ANSWER(200, "{\"data\":{\"a\":null},\"errors\":[{\"message\":\"x\"}]}"),
     ERR_CONFIG, "GRAPHQL_ERROR", "page: source gh answered: x"},
    {ERRORS("{\"message\":\"Query has complexity of 300, which exceeds max "
            "complexity of 250\"}"),
     ERR_CONFIG, "TOO_COMPLEX",
     "page: source gh answered: Query has complexity of 300, which exceeds max "
     "complexity of 250"},
};

TASK_LOOP_TEST(some_answers_end_the_request, PATIENT_MS)
{
    struct scripted_step steps[1] = {ends[row].step};
    struct scripted_server *server = SERVE(steps);

    open_at(http, server, "/");
    ck_assert(!ask());
    ck_assert_str_eq(err.message, ends[row].message);
    ck_assert_str_eq(err.code, ends[row].code);
    ck_assert_int_eq(err.kind, ends[row].kind);
    ck_assert_uint_eq(scripted_server_requests(server), 1);
    ck_assert_ptr_null(endpoint_given_up(endpoint));
    done();
}

/* ---- answers that are tried again --------------------------------------- */

static const struct scripted_step again[] = {
    {.status = 0},
    ANSWER(500, ""),
    ANSWER(502, "<html>"),
    ANSWER(503, "{\"errors\":[{\"message\":\"no\"}]}"),
    ANSWER(504, "{}"),
    ANSWER(408, ""),
    ANSWER(429, ""),
    ANSWER(429, "{\"errors\":[\"slow down\"]}"),
    ANSWER(200, ""),
    ANSWER(200, "<html>maintenance</html>"),
    ANSWER(200, "{\"data\":{\"a\":"),
    ANSWER(200, "{}"),
    ANSWER(200, "[]"),
    ANSWER(200, "{\"data\":null}"),
    ANSWER(200, "{\"data\":null,\"errors\":[]}"),
    ERRORS("{\"message\":\"x\",\"extensions\":{\"code\":\"TIMEOUT\"}}"),
    ERRORS("{\"message\":\"x\",\"extensions\":{\"code\":"
           "\"INTERNAL_SERVER_ERROR\"}}"),
    ERRORS("{\"message\":\"Something went wrong while executing your query. "
           "This may be the result of a timeout\"}"),
    ERRORS("{\"message\":\"x\",\"extensions\":{\"code\":\"RATELIMITED\"}}"),
    ERRORS("{\"message\":\"Throttled\",\"extensions\":{\"code\":"
           "\"THROTTLED\"}}"),
    {.status = 200,
     .body = "{\"data\":{\"a\":1}}",
     .ending = SCRIPTED_CUT,
     .stop_at = 8},
};

TASK_LOOP_TEST(other_answers_are_tried_again, PATIENT_MS)
{
    struct scripted_step steps[] = {again[row], again[row], GOOD};
    struct scripted_server *server = SERVE(steps);

    open_at(http, server, "/");
    ck_assert_msg(ask(), "%s", err.message);
    ck_assert_uint_eq(scripted_server_requests(server), 3);
    done();
}

TASK_TEST(budget_ends_the_tries, PATIENT_MS)
{
    static const struct scripted_step steps[] = {ANSWER(503, ""), GOOD};
    struct scripted_server *server = SERVE(steps);

    config.retry_budget_ms = 0;
    open_at(http, server, "/");
    ck_assert(!ask());
    ck_assert_int_eq(err.kind, ERR_LATER);
    ck_assert_str_eq(err.code, "HTTP_503");
    ck_assert_ptr_nonnull(endpoint_given_up(endpoint));
    ck_assert(!ask());
    ck_assert_uint_eq(scripted_server_requests(server), 1);
    done();
}

/* An error without data is about the document, unless that has worked. */
TASK_TEST(document_that_has_worked_is_tried_again, PATIENT_MS)
{
    static const struct scripted_step steps[] = {ERRORS("{\"message\":\"x\"}"),
                                                 GOOD};

    request.has_worked = true;
    open_at(http, SERVE(steps), "/");
    ck_assert_msg(ask(), "%s", err.message);
    done();
}

/* ---- partial answers ---------------------------------------------------- */

static const struct {
    const char *body;
    bool is_partial;
} partial[] = {
    {"{\"data\":{\"a\":null},\"errors\":[{\"message\":\"x\"}]}", true},
    {"{\"data\":null,\"errors\":[{\"message\":\"x\",\"path\":[\"a\",\"edges\","
     "3]}]}",
     true},
    {"{\"errors\":[{\"message\":\"x\",\"path\":[\"a\",\"b\"]}]}", true},
    {"{\"data\":{\"a\":1},\"errors\":[{\"message\":\"x\",\"path\":[\"a\",1],"
     "\"extensions\":{\"code\":\"INTERNAL_SERVER_ERROR\"}}]}",
     true},
    {"{\"data\":null,\"errors\":[{\"message\":\"x\",\"path\":[\"a\"]}]}",
     false},
    {"{\"data\":null,\"errors\":[{\"message\":\"x\"}]}", false},
    {"{\"data\":{\"a\":1},\"errors\":[{\"message\":\"x\",\"extensions\":{"
     "\"code\":\"QUERY_TOO_COMPLEX\"}}]}",
     false},
};

TASK_LOOP_TEST(data_with_errors_is_an_answer_for_pages, PATIENT_MS)
{
    struct scripted_step steps[1] = {ANSWER(200, partial[row].body)};

    request.partial = true;
    open_at(http, SERVE(steps), "/");
    ck_assert_int_eq(ask(), partial[row].is_partial);
    if (partial[row].is_partial)
        ck_assert_ptr_nonnull(reply.errors);
    ck_assert_uint_eq(reply.body.length, strlen(partial[row].body));
    done();
}

static const struct {
    const char *body;
    bool is_answer;
    const char *code;
} refusals_of_rows[] = {
    {"{\"errors\":[{\"message\":\"bad value\"}]}", true, ""},
    {"{\"data\":{\"a\":null},\"errors\":[{\"message\":\"x\"}]}", true, ""},
    {"{\"data\":null,\"errors\":[{\"message\":\"x\",\"extensions\":{"
     "\"code\":\"TOO_COMPLEX\"}}]}",
     true, ""},
    {"{\"data\":null,\"errors\":[{\"message\":\"timed out\"}]}", false,
     "ANSWER_LOST"},
    {"{\"errors\":[{\"message\":\"x\",\"extensions\":{\"code\":"
     "\"UNAUTHENTICATED\"}}]}",
     false, "UNAUTHORIZED"},
    /* It may have run, so it is not sent again. */
    {"{\"data\":{\"a\":1},\"errors\":[{\"message\":\"x\",\"extensions\":{"
     "\"code\":\"THROTTLED\"}}]}",
     true, ""},
};

TASK_LOOP_TEST(errors_without_data_may_be_an_answer, PATIENT_MS)
{
    struct scripted_step steps[1] = {ANSWER(200, refusals_of_rows[row].body)};

    request.once = true;
    request.partial = true;
    request.takes_errors = true;
    open_at(http, SERVE(steps), "/");
    ck_assert_int_eq(ask(), refusals_of_rows[row].is_answer);
    if (refusals_of_rows[row].is_answer)
        ck_assert_uint_eq(reply.body.length,
                          strlen(refusals_of_rows[row].body));
    else
        ck_assert_str_eq(err.code, refusals_of_rows[row].code);
    done();
}

/* ---- pages that are too large ------------------------------------------- */

static int asked_smaller;

static const char *
halve(void *ctx_, const struct err *why)
{
    ck_assert_ptr_eq(ctx_, &asked_smaller);
    ck_assert_int_ne(why->kind, ERR_NONE);
    return ++asked_smaller == 1 ? "{\"first\":50}" : NULL;
}

static const struct {
    struct scripted_step step;
    bool is_of_size;
} sizes[] = {
    {ANSWER(502, ""), true},
    {ANSWER(504, ""), true},
    {{.status = 0}, true},
    {ERRORS("{\"message\":\"x\",\"type\":\"MAX_NODE_LIMIT_EXCEEDED\"}"), true},
    {ANSWER(500, ""), false},
    {ANSWER(429, ""), false},
};

TASK_LOOP_TEST(page_is_asked_for_in_halves, PATIENT_MS)
{
    struct scripted_step steps[] = {sizes[row].step, GOOD};
    struct scripted_server *server = SERVE(steps);

    asked_smaller = 0;
    request.variables = "{\"first\":100}";
    request.smaller = halve;
    request.smaller_ctx = &asked_smaller;
    open_at(http, server, "/");
    ck_assert_msg(ask(), "%s", err.message);
    ck_assert_int_eq(asked_smaller, sizes[row].is_of_size);
    ck_assert_ptr_nonnull(strstr(scripted_server_request(server, 0),
                                 "\"variables\":{\"first\":100}}"));
    ck_assert_ptr_nonnull(strstr(scripted_server_request(server, 1),
                                 sizes[row].is_of_size
                                     ? "\"variables\":{\"first\":50}}"
                                     : "\"variables\":{\"first\":100}}"));
    done();
}

TASK_TEST(smallest_page_can_be_too_complex, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        ERRORS("{\"message\":\"too complex\"}"),
        ERRORS("{\"message\":\"too complex\"}")};
    struct scripted_server *server = SERVE(steps);

    asked_smaller = 0;
    request.smaller = halve;
    request.smaller_ctx = &asked_smaller;
    open_at(http, server, "/");
    ck_assert(!ask());
    ck_assert_str_eq(err.code, "TOO_COMPLEX");
    ck_assert_int_eq(err.kind, ERR_CONFIG);
    ck_assert_uint_eq(scripted_server_requests(server), 2);
    done();
}

/* ---- the rate ----------------------------------------------------------- */

/* The wait that each answer announces, with the limit that it reports. */
static const struct {
    struct scripted_step step;
    int64_t wait_ms;
} waits[] = {
    {{.status = 429, .headers = "Retry-After: 7\r\n"}, 7000},
    {{.status = 429,
      .headers = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                 "Retry-After: Sun, 06 Nov 1994 08:50:00 GMT\r\n"},
     23000},
    {{.status = 200,
      .headers = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                 "X-RateLimit-Limit: 5000\r\nX-RateLimit-Remaining: 0\r\n"
                 "X-RateLimit-Reset: 1000000000\r\n",
      .body = "{\"errors\":[{\"type\":\"RATE_LIMITED\",\"message\":\"API rate "
              "limit exceeded\"}]}"},
     -1}, /* years: interrupted */
    {{.status = 403,
      .body = "{\"message\":\"You have exceeded a secondary "
              "rate limit\"}"},
     60000},
    {{.status = 403, .headers = "Retry-After: 90\r\n"}, 90000},
    {{.status = 200,
      .headers = "X-RateLimit-Requests-Limit: 10\r\n"
                 "X-RateLimit-Requests-Remaining: 0\r\n"
                 "X-RateLimit-Requests-Reset: 12\r\n",
      .body = "{\"errors\":[{\"message\":\"x\",\"extensions\":{\"code\":"
              "\"RATELIMITED\"}}]}"},
     12500},
    {{.status = 429, .headers = "Retry-After: 3601\r\n"}, -1},
    {{.status = 200,
      .body = "{\"errors\":[{\"message\":\"Throttled\",\"extensions\":{"
              "\"code\":\"THROTTLED\"}}],\"extensions\":{\"cost\":{"
              "\"requestedQueryCost\":1,\"actualQueryCost\":null,"
              "\"throttleStatus\":{\"maximumAvailable\":10.0,"
              "\"currentlyAvailable\":1,\"restoreRate\":1}}}}"},
     2501},
};

static int64_t moved_ms;

static void
follow(void *ctx_)
{
    struct endpoint *one = ctx_;

    for (int i = 0; i < 200; i++) {
        int64_t until_ms = rate_awaited_ms(endpoint_rate(one));

        if (until_ms > 0) {
            moved_ms = until_ms - clock_now_ms();
            clock_put_forward(moved_ms);
            return;
        }
        if (task_sleep_until(clock_after_ms(5)) == TASK_STOPPED)
            return;
    }
}

TASK_LOOP_TEST(announced_wait_is_not_a_failure, PATIENT_MS)
{
    struct scripted_step steps[] = {waits[row].step, GOOD};
    struct scripted_server *server = SERVE(steps);
    struct task_group group = {0};

    moved_ms = 0;
    config.retry_budget_ms = 0; /* a failure would end the request */
    open_at(http, server, "/");
    if (waits[row].wait_ms < 0) {
        ck_assert(!ask());
        ck_assert_int_eq(err.kind, ERR_LATER);
        ck_assert_str_eq(err.code, "RATE_WAIT");
        ck_assert_ptr_null(endpoint_given_up(endpoint));
    } else {
        task_group_spawn(&group, "follow", follow, endpoint);
        ck_assert_msg(ask(), "%s", err.message);
        task_group_wait(&group);
        ck_assert_int_gt(moved_ms, waits[row].wait_ms - 2000);
        ck_assert_int_le(moved_ms, waits[row].wait_ms);
    }
    done();
}

/* The estimate was too low, so the second try waits until the server has as
 * many points as it asked for: 30 of 100 at 8 a second, beside the 20 that are
 * left to others. */
TASK_TEST(refusal_corrects_the_estimate, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        ANSWER(200, "{\"errors\":[{\"message\":\"Throttled\","
                    "\"extensions\":{\"code\":\"THROTTLED\"}}],"
                    "\"extensions\":{\"cost\":{\"requestedQueryCost\":30,"
                    "\"throttleStatus\":{\"maximumAvailable\":100,"
                    "\"currentlyAvailable\":10,\"restoreRate\":10}}}}"),
        GOOD};
    struct task_group group = {0};

    moved_ms = 0;
    open_at(http, SERVE(steps), "/");
    task_group_spawn(&group, "follow", follow, endpoint);
    ck_assert_msg(ask(), "%s", err.message);
    task_group_wait(&group);
    ck_assert_int_gt(moved_ms, 2500);
    ck_assert_int_le(moved_ms, 5001);
    done();
}

static void
follow_for_hours(void *ctx_)
{
    follow(ctx_);
    clock_put_forward(3600000);
}

/* A server that refuses for hours is one that does not answer. */
TASK_TEST(endless_refusal_ends, PATIENT_MS)
{
    struct scripted_step steps[] = {waits[0].step, waits[0].step, GOOD};
    struct scripted_server *server = SERVE(steps);
    struct task_group group = {0};

    open_at(http, server, "/");
    task_group_spawn(&group, "follow", follow_for_hours, endpoint);
    ck_assert(!ask());
    task_group_wait(&group);
    ck_assert_int_eq(err.kind, ERR_LATER);
    ck_assert_str_eq(err.code, "THROTTLED");
    ck_assert_uint_eq(scripted_server_requests(server), 2);
    ck_assert_ptr_null(endpoint_given_up(endpoint));
    done();
}

TASK_TEST(limits_are_read_from_good_answers, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.status = 200,
         .headers = "RateLimit-Limit: 100, 100;w=60\r\n"
                    "RateLimit-Remaining: 42\r\nRateLimit-Reset: 60\r\n",
         .body = "{\"data\":{\"a\":1}}"},
        {.status = 200,
         .body = "{\"data\":{\"a\":1},\"extensions\":{\"cost\":{"
                 "\"requestedQueryCost\":9,\"actualQueryCost\":7,"
                 "\"throttleStatus\":{\"maximumAvailable\":2000.0,"
                 "\"currentlyAvailable\":1993,\"restoreRate\":100.0}}}}"},
        {.status = 200,
         .body = "{\"data\":{\"a\":1},\"extensions\":{\"cost\":{"
                 "\"requestedQueryCost\":3,\"maximumAvailable\":50000}}}"}};

    open_at(http, SERVE(steps), "/");
    ck_assert_msg(ask(), "%s", err.message);
    ck_assert_double_eq(rate_left(endpoint_rate(endpoint)), 42);
    ck_assert_double_eq(reply.cost, -1);
    ck_assert(ask());
    ck_assert_double_eq(reply.cost, 7);
    ck_assert_double_eq(rate_left(endpoint_rate(endpoint)), 1993);
    ck_assert_double_eq(rate_per_second(endpoint_rate(endpoint)), 80);
    ck_assert(ask());
    ck_assert_double_eq(reply.cost, 3);
    done();
}

/* ---- introspection ------------------------------------------------------ */

static bool
ask_types(void *ctx_, const struct request *one, struct arena *to,
          struct json **data, struct err *why)
{
    struct reply got;
    bool ok = endpoint_send(ctx_, one, NULL, &ctx, to, &got, why);

    *data = got.data;
    return ok;
}

static bool
note_type(void *ctx_, const char *name, struct span json, struct err *why)
{
    (void)why;
    snprintf((char *)ctx_ + strlen(ctx_), 200 - strlen(ctx_), "%s=%.*s ", name,
             SPAN_ARG(json));
    return true;
}

TASK_TEST(types_are_asked_for, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        ANSWER(200,
               "{\"data\":{\"__schema\":{\"queryType\":{\"name\":\"Q\"}}}}"),
        {.expect = "t1: __type",
         .status = 400,
         .body = "{\"errors\":[{\"message\":\"complexity 900 over 500\"}]}"},
        {.expect = "t0: __type(name: \\\"A\\\")",
         .status = 200,
         .body = "{\"data\":{\"t0\":{\"name\":\"A\"}}}"},
        ANSWER(200, "{\"data\":{\"t0\":null}}")};
    const char *names[] = {"A", "B"};
    struct introspect_way way;
    char found[200] = "", name[128];

    open_at(http, SERVE(steps), "/");
    way = (struct introspect_way){.ask = ask_types, .ctx = endpoint};
    ck_assert(introspect_query_type(&way, name, &err));
    ck_assert_str_eq(name, "Q");
    ck_assert_msg(introspect_types(&way, names, 2, note_type, found, &err),
                  "%s", err.message);
    ck_assert_str_eq(found, "A={\"name\":\"A\"} B= ");
    done();
}

static Suite *
endpoint_suite(void)
{
    Suite *suite = suite_create("api_endpoint");
    TCase *tests = tcase_create("endpoint");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, headers_go_with_each_request);
    tcase_add_loop_test(tests, moment_is_in_the_url, 0, COUNT(moments));
    tcase_add_loop_test(tests, some_answers_end_the_request, 0, COUNT(ends));
    tcase_add_loop_test(tests, other_answers_are_tried_again, 0, COUNT(again));
    tcase_add_test(tests, budget_ends_the_tries);
    tcase_add_test(tests, document_that_has_worked_is_tried_again);
    tcase_add_loop_test(tests, data_with_errors_is_an_answer_for_pages, 0,
                        COUNT(partial));
    tcase_add_loop_test(tests, errors_without_data_may_be_an_answer, 0,
                        COUNT(refusals_of_rows));
    tcase_add_loop_test(tests, page_is_asked_for_in_halves, 0, COUNT(sizes));
    tcase_add_test(tests, smallest_page_can_be_too_complex);
    tcase_add_loop_test(tests, announced_wait_is_not_a_failure, 0,
                        COUNT(waits));
    tcase_add_test(tests, refusal_corrects_the_estimate);
    tcase_add_test(tests, endless_refusal_ends);
    tcase_add_test(tests, limits_are_read_from_good_answers);
    tcase_add_test(tests, types_are_asked_for);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(endpoint_suite());
}
