/* session: tokens, throttling and errors of the Admin API. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/introspect.h"
#include "base/clock.h"
#include "base/task.h"
#include "shopify/session.h"
#include "shopify/shop.h"
#include "support/clock.h"
#include "support/scripted_server.h"
#include "support/stop.h"
#include "support/suite.h"

enum { PATIENT_MS = 600000 };

#define GRANT(token, life)                                          \
    {                                                               \
        .expect = "POST /admin/oauth/access_token ", .status = 200, \
        .body = "{\"access_token\":\"" token "\","                  \
                "\"scope\":\"read_orders,read_products\","          \
                "\"expires_in\":" life "}"                          \
    }
#define ANSWER(text)                \
    {                               \
        .status = 200, .body = text \
    }
#define FINE ANSWER("{\"data\":{\"ok\":true}}")
#define REFUSED                                                          \
    {                                                                    \
        .status = 401, .headers = "X-Request-ID: r-401\r\n",             \
        .body = "{\"errors\":\"[API] Invalid API key or access token\"}" \
    }

static const struct log_ctx ctx = {.store = "acme", .job = "orders"};
static struct answer reply;
static struct arena arena;
static struct err err;

static void
setup(void)
{
    memset(&err, 0, sizeof(err));
    log_configure(LOG_TEXT, LOG_DEBUG);
}

static void
teardown(void)
{
    arena_free(&arena);
}

static struct session_config
config_of(const struct scripted_server *server, const char *token)
{
    return (struct session_config){.store = "acme",
                                   .base_url = scripted_server_url(server),
                                   .api_version = "2026-10",
                                   .token = token,
                                   .client_id = "app-id",
                                   .client_secret = "s3cr&t/+ =",
                                   .retry_initial_ms = 1,
                                   .retry_max_ms = 5,
                                   .retry_budget_ms = PATIENT_MS};
}

static struct session *
session_with_token(struct http *http, const struct scripted_server *server)
{
    struct session_config config = config_of(server, "shpat_secret1");

    return session_new(http, &config);
}

static struct session *
session_with_grant(struct http *http, const struct scripted_server *server)
{
    struct session_config config = config_of(server, NULL);

    return session_new(http, &config);
}

static bool
query(struct session *session)
{
    return session_query(session, "poll", "{ ok }", NULL, &ctx, &arena, &reply,
                         &err);
}

static bool
query_once(struct session *session)
{
    return session_query_once(session, "submit", "{ ok }", "{\"a\":1}", &ctx,
                              &arena, &reply, &err);
}

static void
check_asked(const struct scripted_server *server, size_t index,
            const char *text)
{
    const char *request = scripted_server_request(server, index);

    ck_assert_msg(strstr(request, text) != NULL, "no \"%s\" in: %s", text,
                  request);
}

/* ---- answers ------------------------------------------------------------ */

TASK_TEST(an_answer_has_data_and_cost, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.expect = "POST /admin/api/2026-10/graphql.json HTTP",
         .status = 200,
         .headers = "X-Request-ID: r-1\r\nX-Shopify-API-Version: 2026-10\r\n",
         .body = "{\"data\":{\"ok\":true},\"extensions\":{\"cost\":{"
                 "\"requestedQueryCost\":10,\"actualQueryCost\":8,"
                 "\"throttleStatus\":{\"maximumAvailable\":2000.0,"
                 "\"currentlyAvailable\":1990,\"restoreRate\":100.0}}}}"}};
    struct scripted_server *server = SERVE(steps);
    struct session *session = session_with_token(http, server);

    ck_assert_msg(query_once(session), "%s", err.message);
    ck_assert(json_is_true(json_get(reply.data, "ok")));
    ck_assert_str_eq(reply.request_id, "r-1");
    ck_assert_double_eq(reply.cost.requested, 10);
    ck_assert_double_eq(reply.cost.actual, 8);
    ck_assert_double_eq(reply.cost.maximum_available, 2000);
    ck_assert_double_eq(reply.cost.restore_rate, 100);
    check_asked(server, 0, "X-Shopify-Access-Token: shpat_secret1\r\n");
    check_asked(server, 0, "Content-Type: application/json\r\n");
    check_asked(server, 0, "{\"query\":\"{ ok }\",\"variables\":{\"a\":1}}");
    session_free(session);
}

/* Answers to the first try that a retry may overcome. */
static const struct {
    struct scripted_step first;
    const char *once; /* code of session_query_once(); NULL: it retries */
} transient[] = {
    {{.status = 500}, "ANSWER_LOST"},
    {{.status = 502, .body = "<html>Bad gateway</html>"}, "ANSWER_LOST"},
    {{.status = 503}, "ANSWER_LOST"},
    {{.status = 504}, "ANSWER_LOST"},
    {{.status = 429, .headers = "Retry-After: 0.1\r\n"}, NULL},
    {{.status = 200, .body = "<!DOCTYPE html><html></html>"}, "ANSWER_LOST"},
    {{.status = 200, .body = ""}, "ANSWER_LOST"},
    {{.status = 200, .body = "{\"data\":{\"o"}, "ANSWER_LOST"},
    {{.status = 200, .body = "{\"data\":null}"}, "ANSWER_LOST"},
    {{.status = 200, .body = "[]"}, "ANSWER_LOST"},
    {{.status = 0}, "ANSWER_LOST"},
    {{.status = 200,
      .body = "{\"data\":{\"ok\":true}}",
      .ending = SCRIPTED_CUT,
      .stop_at = 9},
     "ANSWER_LOST"},
    {{.status = 200,
      .body = "{\"errors\":[{\"message\":\"Internal error. Looks like "
              "something went wrong on our end.\\nRequest ID: x\","
              "\"extensions\":{\"code\":\"INTERNAL_SERVER_ERROR\"}}],"
              "\"data\":null}"},
     "ANSWER_LOST"},
    {{.status = 200,
      .body = "{\"errors\":[{\"message\":\"Throttled\",\"extensions\":{"
              "\"code\":\"THROTTLED\"}}],\"extensions\":{\"cost\":{"
              "\"requestedQueryCost\":70,\"actualQueryCost\":null,"
              "\"throttleStatus\":{\"maximumAvailable\":2000.0,"
              "\"currentlyAvailable\":60.0,\"restoreRate\":100.0}}}}"},
     NULL},
};

enum { TRANSIENT = sizeof(transient) / sizeof(transient[0]) };

TASK_LOOP_TEST(a_transient_error_is_retried, PATIENT_MS)
{
    struct scripted_step steps[] = {transient[row].first, FINE};
    struct scripted_server *server = SERVE(steps);
    struct session *session = session_with_token(http, server);

    ck_assert_msg(query(session), "%s", err.message);
    ck_assert_uint_eq(scripted_server_requests(server), 2);
    session_free(session);
}

TASK_LOOP_TEST(a_request_with_once_is_repeated_only_if_nothing_was_done,
               PATIENT_MS)
{
    struct scripted_step steps[] = {transient[row].first, FINE};
    struct scripted_server *server = SERVE(steps);
    struct session *session = session_with_token(http, server);
    const char *code = transient[row].once;

    ck_assert(query_once(session) == (code == NULL));
    if (code != NULL) {
        ck_assert_int_eq(err.kind, ERR_TRANSIENT);
        ck_assert_str_eq(err.code, code);
    }
    ck_assert_uint_eq(scripted_server_requests(server), code == NULL ? 2 : 1);
    session_free(session);
}

TASK_TEST(the_wait_is_as_long_as_the_store_asks, PATIENT_MS)
{
    struct scripted_step steps[] = {
        {.status = 429, .headers = "Retry-After: 0.3\r\n"},
        transient[TRANSIENT - 1].first, /* (70 - 60) / 100 = 0.1 s */
        FINE};
    struct session *session = session_with_token(http, SERVE(steps));
    int64_t began = clock_now_ms();

    ck_assert(query(session));
    ck_assert_int_ge(clock_now_ms() - began, 400);
    session_free(session);
}

/* Answers that a retry would not change. */
static const struct {
    struct scripted_step answer;
    enum err_kind kind;
    const char *code;
    const char *words; /* in the message or the hint */
} final[] = {
    {REFUSED, ERR_DENIED, "UNAUTHORIZED", "Invalid API key"},
    {{.status = 402}, ERR_DENIED, "PAYMENT_REQUIRED", "bill"},
    {{.status = 403, .body = "{\"errors\":{\"base\":[\"no scope\"]}}"},
     ERR_DENIED,
     "FORBIDDEN",
     "no scope"},
    {{.status = 404, .body = "<html>"}, ERR_DENIED, "NOT_FOUND", "domain"},
    {{.status = 423}, ERR_DENIED, "STORE_LOCKED", "locked"},
    {{.status = 430}, ERR_LATER, "HTTP_430", "attack"},
    {{.status = 501}, ERR_FAILED, "HTTP_501", "does not implement"},
    {{.status = 400}, ERR_FAILED, "HTTP_400", "HTTP 400"},
    {{.status = 301,
      .headers = "Location: https://other.example/admin?x=secret\r\n"},
     ERR_CONFIG,
     "REDIRECTED",
     "other.example"},
    {ANSWER("{\"errors\":[{\"message\":\"no\",\"extensions\":{\"code\":"
            "\"SHOP_INACTIVE\"}}]}"),
     ERR_DENIED, "SHOP_INACTIVE", "enabled = no"},
    /* The store's code, not bulkpg's code of the same name. */
    {ANSWER("{\"errors\":[{\"message\":\"no\",\"extensions\":{\"code\":"
            "\"NOT_SENT\"}}]}"),
     ERR_FAILED, "NOT_SENT", "store acme answered: no"},
    {ANSWER("{\"errors\":\"a string\"}"), ERR_FAILED, "GRAPHQL_ERROR",
     "a string"},
    {ANSWER("{\"errors\":{\"base\":[\"one\",\"two\"]}}"), ERR_FAILED,
     "GRAPHQL_ERROR", "one; two"},
    {ANSWER("{\"errors\":[{\"message\":\"Field 'x' doesn't exist\","
            "\"extensions\":{\"code\":\"undefinedField\"}},"
            "{\"message\":\"second\"}]}"),
     ERR_FAILED, "undefinedField", "second"},
    {ANSWER("{\"data\":{\"orders\":null},\"errors\":[{\"message\":\"x\"},"
            "{\"message\":\"Access denied for orders field.\","
            "\"extensions\":{\"code\":\"ACCESS_DENIED\",\"requiredAccess\":"
            "\"`read_orders` access scope.\"}}]}"),
     ERR_DENIED, "ACCESS_DENIED", "`read_orders` access scope."},
};

enum { FINAL = sizeof(final) / sizeof(final[0]) };

TASK_LOOP_TEST(a_final_error_is_not_retried, PATIENT_MS)
{
    struct scripted_step steps[] = {final[row].answer};
    struct session *session = session_with_token(http, SERVE(steps));
    char all[4096];

    ck_assert(!query(session));
    ck_assert_int_eq(err.kind, final[row].kind);
    ck_assert_str_eq(err.code, final[row].code);
    snprintf(all, sizeof(all), "%s %s", err.message, err_remedy(&err));
    ck_assert_msg(strstr(all, final[row].words) != NULL, "%s", all);
    ck_assert_ptr_null(strstr(all, "secret"));
    session_free(session);
}

/* Secrets that were copied together with the characters around them. */
static const struct {
    const char *token;
    const char *client_secret;
    const char *message;
} copied[] = {
    {"\"shpat_secret1\"", "s",
     "the access token of store acme is written in quotation marks"},
    {"'shpat_secret1'", "s",
     "the access token of store acme is written in quotation marks"},
    {"shpat_secret1,", "s", "the access token of store acme ends with a comma"},
    {"shpat_secret1;", "s",
     "the access token of store acme ends with a semicolon"},
    {"shpat secret1", "s",
     "the access token of store acme is not valid: it contains blanks or other "
     "characters that a token cannot have"},
    {NULL, "secret1,", "the client_secret of store acme ends with a comma"},
};

TASK_LOOP_TEST(a_secret_copied_with_its_surroundings_is_refused, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        ANSWER("{\"data\":{\"ok\":true}}")};
    struct scripted_server *server = SERVE(steps);
    struct session_config config = config_of(server, copied[row].token);
    struct session *session;

    config.client_secret = copied[row].client_secret;
    session = session_new(http, &config);
    ck_assert(!query(session));
    ck_assert_int_eq(err.kind, ERR_CONFIG);
    ck_assert_str_eq(err.code, "BAD_TOKEN");
    ck_assert_ptr_nonnull(strstr(err.message, copied[row].message));
    ck_assert_ptr_null(strstr(err.message, "secret1"));
    ck_assert_uint_eq(scripted_server_requests(server), 0);
    session_free(session);
}

TASK_TEST(an_error_names_its_request, PATIENT_MS)
{
    static const struct scripted_step steps[] = {REFUSED};
    struct session *session = session_with_token(http, SERVE(steps));

    ck_assert(!query(session));
    ck_assert_str_eq(err.request_id, "r-401");
    ck_assert(strncmp(err.message, "poll: ", 6) == 0);
    session_free(session);
}

TASK_TEST(a_spent_budget_is_err_later, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.status = 503}, {.status = 429, .headers = "Retry-After: 601\r\n"}};
    struct session *session = session_with_token(http, SERVE(steps));

    ck_assert(!query(session)); /* the wait is longer than the budget */
    ck_assert_int_eq(err.kind, ERR_LATER);
    ck_assert_str_eq(err.code, "THROTTLED");
    session_free(session);
}

/* The second request is not even sent. */
TASK_TEST(a_store_that_was_given_up_gets_no_requests, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.status = 429,
         .headers = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                    "Retry-After: Sun, 06 Nov 1994 08:59:38 GMT\r\n"},
        FINE};
    struct scripted_server *server = SERVE(steps);
    struct session *session = session_with_token(http, server);

    ck_assert_ptr_null(session_given_up(session));
    ck_assert(!query(session));
    ck_assert_ptr_nonnull(session_given_up(session));
    ck_assert(!query_once(session));
    ck_assert_int_eq(err.kind, ERR_LATER);
    ck_assert_str_eq(err.code, "THROTTLED");
    ck_assert_uint_eq(scripted_server_requests(server), 1);
    session_free(session);
}

/* The end of one request must not give up the store. */
TASK_TEST(a_request_with_a_deadline_ends_alone, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.status = 503}, {.status = 200, .delay_ms = PATIENT_MS}, FINE};
    struct session *session = session_with_token(http, SERVE(steps));
    struct request request = {.what = "poll",
                              .document = "{ ok }",
                              .deadline_ms = clock_after_ms(100)};

    ck_assert(!session_send(session, &request, &ctx, &arena, &reply, &err));
    ck_assert_int_eq(err.kind, ERR_LATER);
    ck_assert_int_ge(clock_now_ms(), request.deadline_ms);
    ck_assert_ptr_null(session_given_up(session));
    ck_assert_msg(query(session), "%s", err.message);
    session_free(session);
}

TASK_TEST(a_refused_connection_is_not_sent, PATIENT_MS)
{
    struct session_config config = {.store = "acme",
                                    .base_url = "http://127.0.0.1:1/",
                                    .api_version = "2026-10",
                                    .token = "shpat_x",
                                    .retry_initial_ms = 1,
                                    .retry_max_ms = 1,
                                    .retry_budget_ms = 10};
    struct session *session = session_new(http, &config);

    ck_assert(!query_once(session));
    ck_assert_int_eq(err.kind, ERR_TRANSIENT);
    ck_assert_str_eq(err.code, "NOT_SENT");
    ck_assert(!query(session));
    ck_assert_int_eq(err.kind, ERR_LATER);
    session_free(session);
}

/* The answer did not come from the store, unless the request allowed a large
 * one. For a submission the outcome is not known: ANSWER_LOST. */
TASK_TEST(an_answer_that_is_too_large_is_not_an_answer, PATIENT_MS)
{
    static char large[5 * 1024 * 1024];
    struct scripted_step steps[] = {{.status = 200, .body = large},
                                    FINE,
                                    {.status = 200, .body = large},
                                    {.status = 200, .body = large}};
    struct request request = {
        .what = "find", .document = "{ ok }", .reply_ceiling = 1024};
    struct session *session;

    memset(large, ' ', sizeof(large) - 1);
    session = session_with_token(http, SERVE(steps));
    ck_assert_msg(query(session), "%s", err.message);
    ck_assert(!query_once(session));
    ck_assert_str_eq(err.code, "ANSWER_LOST");
    ck_assert(!session_send(session, &request, &ctx, &arena, &reply, &err));
    ck_assert_int_eq(err.kind, ERR_FAILED);
    ck_assert_str_eq(err.code, "TOO_LARGE");
    session_free(session);
}

/* The answers of many failed tries do not add up. */
TASK_TEST(answers_of_failed_tries_use_no_memory, PATIENT_MS)
{
    enum { TRIES = 20, PAGE_BYTES = 1024 * 1024 };

    static char page[PAGE_BYTES];
    struct scripted_step steps[TRIES];
    struct session *session;

    memset(page, 'x', sizeof(page) - 1);
    for (int i = 0; i < TRIES - 1; i++)
        steps[i] = (struct scripted_step){.status = 200, .body = page};
    steps[TRIES - 1] = (struct scripted_step)FINE;
    session = session_with_token(http, SERVE(steps));
    ck_assert_msg(query(session), "%s", err.message);
    ck_assert(json_is_true(json_get(reply.data, "ok")));
    ck_assert_uint_lt(arena_held_bytes(&arena), 4 * (size_t)PAGE_BYTES);
    session_free(session);
}

TASK_TEST(a_signal_ends_the_wait_before_a_retry, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.status = 429, .headers = "Retry-After: 599\r\n"}};
    struct session *session = session_with_token(http, SERVE(steps));

    stop_after_ms(30);
    ck_assert(!query(session));
    ck_assert_int_eq(err.kind, ERR_STOPPED);
    session_free(session);
}

/* ---- tokens ------------------------------------------------------------- */

TASK_TEST(a_token_is_requested_when_needed_and_kept, PATIENT_MS)
{
    static const struct scripted_step steps[] = {GRANT("shpat_one", "86399"),
                                                 FINE, FINE};
    struct scripted_server *server = SERVE(steps);
    struct session *session = session_with_grant(http, server);

    ck_assert(query(session));
    ck_assert(query(session));
    check_asked(server, 0,
                "\r\n\r\ngrant_type=client_credentials&client_id="
                "app-id&client_secret=s3cr%26t%2F%2B%20%3D");
    check_asked(server, 0, "application/x-www-form-urlencoded\r\n");
    check_asked(server, 1, "X-Shopify-Access-Token: shpat_one\r\n");
    check_asked(server, 2, "X-Shopify-Access-Token: shpat_one\r\n");
    ck_assert_ptr_null(strstr(scripted_server_request(server, 0), "shpat"));
    session_free(session);
}

/* A token with a lifetime of 2000 s is renewed when 200 s are left. */
TASK_TEST(a_token_is_renewed_before_it_expires, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        GRANT("shpat_one", "2000"), FINE, GRANT("shpat_two", "86399"), FINE};
    struct scripted_server *server = SERVE(steps);
    struct session *session = session_with_grant(http, server);

    ck_assert(query(session));
    clock_put_forward(1850 * 1000);
    ck_assert(query(session));
    check_asked(server, 3, "X-Shopify-Access-Token: shpat_two\r\n");
    session_free(session);
}

TASK_TEST(a_valid_token_is_used_if_its_renewal_fails, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        GRANT("shpat_one", "2000"), FINE, {.status = 503}, FINE};
    struct scripted_server *server = SERVE(steps);
    struct session *session = session_with_grant(http, server);

    ck_assert(query(session));
    clock_put_forward(1850 * 1000);
    ck_assert_msg(query(session), "%s", err.message);
    check_asked(server, 3, "X-Shopify-Access-Token: shpat_one\r\n");
    session_free(session);
}

TASK_TEST(a_refused_token_is_renewed_once, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        GRANT("shpat_one", "86399"), REFUSED, GRANT("shpat_two", "86399"),
        FINE};
    struct scripted_server *server = SERVE(steps);
    struct session *session = session_with_grant(http, server);

    ck_assert_msg(query_once(session), "%s", err.message);
    check_asked(server, 3, "X-Shopify-Access-Token: shpat_two\r\n");
    session_free(session);
}

TASK_TEST(a_token_refused_twice_is_an_error, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        GRANT("shpat_one", "86399"), REFUSED, GRANT("shpat_two", "86399"),
        REFUSED};
    struct session *session = session_with_grant(http, SERVE(steps));

    ck_assert(!query(session));
    ck_assert_int_eq(err.kind, ERR_DENIED);
    ck_assert_str_eq(err.code, "UNAUTHORIZED");
    ck_assert_str_ne(err_remedy(&err), "");
    session_free(session);
}

TASK_TEST(without_a_token_nothing_is_sent, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.expect = "oauth", .status = 503}};
    struct scripted_server *server = SERVE(steps);
    struct session *session = session_with_grant(http, server);

    ck_assert(!query_once(session));
    ck_assert_int_eq(err.kind, ERR_TRANSIENT);
    ck_assert_str_eq(err.code, "NOT_SENT");
    ck_assert_uint_eq(scripted_server_requests(server), 1);
    session_free(session);
}

TASK_TEST(a_wrong_secret_is_an_error_with_the_stores_text, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.status = 400,
         .headers = "X-Request-ID: r-7\r\n",
         .body = "{\"error\":\"invalid_client\"}"}};
    struct session *session = session_with_grant(http, SERVE(steps));

    ck_assert(!query(session));
    ck_assert_int_eq(err.kind, ERR_DENIED);
    ck_assert_str_eq(err.request_id, "r-7");
    ck_assert_ptr_nonnull(strstr(err.message, "invalid_client"));
    session_free(session);
}

TASK_TEST(a_token_that_would_break_the_header_is_refused, PATIENT_MS)
{
    static const struct scripted_step steps[] = {FINE};
    struct session_config config =
        config_of(SERVE(steps), "shpat_x\r\nX-Other: y");
    struct session *session = session_new(http, &config);

    ck_assert(!query(session));
    ck_assert_int_eq(err.kind, ERR_CONFIG);
    ck_assert_ptr_null(strstr(err.message, "shpat"));
    session_free(session);
}

/* ---- two jobs ----------------------------------------------------------- */

static struct session *shared;
static int answered;

static void
second_job(void *unused)
{
    struct answer mine;
    struct arena own = {0};
    struct err why = {0};

    (void)unused;
    ck_assert_msg(
        session_query(shared, "poll", "{ ok }", NULL, &ctx, &own, &mine, &why),
        "%s", why.message);
    answered++;
    arena_free(&own);
}

TASK_TEST(two_jobs_get_one_token, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.expect = "oauth",
         .status = 200,
         .delay_ms = 100,
         .body = "{\"access_token\":\"shpat_one\",\"expires_in\":86399}"},
        FINE,
        FINE};
    struct scripted_server *server = SERVE(steps);

    answered = 0;
    shared = session_with_grant(http, server);
    task_spawn("job 1", second_job, NULL);
    task_spawn("job 2", second_job, NULL);
    while (answered < 2)
        task_sleep_until(clock_after_ms(5));
    ck_assert_uint_eq(scripted_server_requests(server), 3);
    session_free(shared);
}

/* The store refuses both at the same time, both wait for the lock, and only
 * one requests a new token. */
TASK_TEST(two_jobs_renew_once, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        GRANT("shpat_one", "86399"),
        FINE,
        {.status = 401, .delay_ms = 100, .expect = "shpat_one"},
        {.status = 401, .delay_ms = 100, .expect = "shpat_one"},
        {.expect = "oauth",
         .status = 200,
         .delay_ms = 100,
         .body = "{\"access_token\":\"shpat_two\",\"expires_in\":86399}"},
        {.status = 200,
         .expect = "shpat_two",
         .body = "{\"data\":{\"ok\":true}}"},
        {.status = 200,
         .expect = "shpat_two",
         .body = "{\"data\":{\"ok\":true}}"}};
    struct scripted_server *server = SERVE(steps);

    answered = 0;
    shared = session_with_grant(http, server);
    ck_assert(query(shared));
    task_spawn("job 1", second_job, NULL);
    task_spawn("job 2", second_job, NULL);
    while (answered < 2)
        task_sleep_until(clock_after_ms(5));
    ck_assert_uint_eq(scripted_server_requests(server), 7);
    session_free(shared);
}

/* ---- rotating refresh tokens -------------------------------------------- */

static char directory[] = "/tmp/bulkpg-session-XXXXXX";
static char token_path[64];

static void
write_refresh_token(const char *text)
{
    FILE *file;

    memcpy(directory + sizeof(directory) - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(token_path, sizeof(token_path), "%s/refresh", directory);
    file = fopen(token_path, "w");
    fputs(text, file);
    fclose(file);
}

/* Check the text of the file, and that its directory has no other file. */
static void
check_refresh_token(const char *text)
{
    char read[128] = "";
    FILE *file = fopen(token_path, "r");
    struct stat info;

    ck_assert_ptr_nonnull(fgets(read, sizeof(read), file));
    ck_assert_str_eq(read, text);
    ck_assert_int_eq(fstat(fileno(file), &info), 0);
    fclose(file);
    ck_assert_int_eq(unlink(token_path), 0);
    ck_assert_int_eq(rmdir(directory), 0);
}

static struct session *
session_with_refresh(struct http *http, const struct scripted_server *server)
{
    struct session_config config = config_of(server, NULL);

    config.refresh_token_file = token_path;
    return session_new(http, &config);
}

TASK_TEST(a_refresh_token_is_replaced_in_its_file, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.expect = "{\"grant_type\":\"refresh_token\",\"client_id\":\"app-id\","
                   "\"client_secret\":\"s3cr&t/+ =\","
                   "\"refresh_token\":\"shprt_old\"}",
         .status = 200,
         .body = "{\"access_token\":\"shpat_one\",\"expires_in\":3600,"
                 "\"refresh_token\":\"shprt_new\","
                 "\"refresh_token_expires_in\":7776000}"},
        {.status = 200,
         .expect = "shpat_one",
         .body = "{\"data\":{\"ok\":true}}"}};
    struct session *session;

    write_refresh_token(" shprt_old\n");
    session = session_with_refresh(http, SERVE(steps));
    ck_assert_msg(query(session), "%s", err.message);
    check_refresh_token("shprt_new\n");
    session_free(session);
}

TASK_TEST(a_failed_refresh_leaves_the_file_alone, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.status = 400,
         .body = "{\"error\":\"invalid_grant\","
                 "\"error_description\":\"it has expired\"}"}};
    struct session *session;

    write_refresh_token("shprt_old\n");
    session = session_with_refresh(http, SERVE(steps));
    ck_assert(!query(session));
    ck_assert_int_eq(err.kind, ERR_DENIED);
    ck_assert_ptr_nonnull(strstr(err.message, "invalid_grant"));
    check_refresh_token("shprt_old\n");
    session_free(session);
}

/* Another process may have changed the file while we waited for the lock. */
static int locks, unlocks;

static bool
lock_and_write(void *path, struct err *why)
{
    FILE *file;

    if (locks++ == 0) {
        err_set(why, MSG_LOCKED, "another process has it");
        return err_as(why, ERR_TRANSIENT);
    }
    file = fopen(path, "w");
    fputs("shprt_theirs\n", file);
    fclose(file);
    return true;
}

static void
unlock(void *path)
{
    (void)path;
    unlocks++;
}

TASK_TEST(the_file_is_read_under_the_lock, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.expect = "\"refresh_token\":\"shprt_theirs\"}",
         .status = 200,
         .body = "{\"access_token\":\"shpat_one\",\"expires_in\":3600,"
                 "\"refresh_token\":\"shprt_ours\"}"},
        FINE};
    struct session_config config = config_of(SERVE(steps), NULL);
    struct session *session;

    write_refresh_token("shprt_old\n");
    config.refresh_token_file = token_path;
    config.refresh_lock = lock_and_write;
    config.refresh_unlock = unlock;
    config.ctx = token_path;
    locks = unlocks = 0;
    session = session_new(http, &config);
    ck_assert_msg(query(session), "%s", err.message);
    ck_assert_int_eq(locks, 2);
    ck_assert_int_eq(unlocks, 1);
    check_refresh_token("shprt_ours\n");
    session_free(session);
}

TASK_TEST(without_room_for_the_next_token_nothing_is_sent, PATIENT_MS)
{
    static const struct scripted_step steps[] = {FINE};
    struct scripted_server *server = SERVE(steps);
    struct session *session;

    /* This file can be read but not replaced, even by root. */
    snprintf(token_path, sizeof(token_path), "/proc/self/comm");
    session = session_with_refresh(http, server);
    ck_assert(!query(session));
    ck_assert_int_eq(err.kind, ERR_CONFIG);
    ck_assert_str_eq(err.code, "REFRESH_TOKEN_FILE");
    ck_assert_uint_eq(scripted_server_requests(server), 0);
    session_free(session);
}

/* ---- secrets and warnings ----------------------------------------------- */

static char *
everything_logged(int fd)
{
    static char text[256 * 1024];
    ssize_t length = pread(fd, text, sizeof(text) - 1, 0);

    ck_assert_int_ge(length, 0);
    text[length] = '\0';
    return text;
}

static size_t
times_in(const char *text, const char *part)
{
    size_t count = 0;

    for (text = strstr(text, part); text != NULL; text = strstr(text + 1, part))
        count++;
    return count;
}

TASK_TEST(secrets_are_never_logged_and_warnings_appear_once, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        GRANT("shpat_one", "86399"),
        {.status = 401},
        GRANT("shpat_two", "86399"),
        {.status = 503, .headers = "X-Request-ID: r-503\r\n"},
        {.status = 200,
         .headers = "X-Shopify-API-Version: 2027-01\r\n"
                    "X-Shopify-API-Deprecated-Reason: old field\r\n",
         .body = "{\"data\":{}}"},
        {.status = 200,
         .headers = "X-Shopify-API-Version: 2027-01\r\n"
                    "X-Shopify-API-Deprecated-Reason: old field\r\n",
         .body = "{\"data\":{}}"},
        {.status = 302, .headers = "Location: https://x/?t=shpat_two\r\n"}};
    struct session *session = session_with_grant(http, SERVE(steps));
    char path[] = "/tmp/bulkpg-log-XXXXXX";
    int fd = mkstemp(path), saved = dup(2);
    const char *logged;

    dup2(fd, 2);
    ck_assert(query(session));
    ck_assert(query(session));
    ck_assert(!query(session));
    log_failure(LOG_ERROR, &ctx, "failed", &err);
    dup2(saved, 2);
    logged = everything_logged(fd);
    ck_assert_msg(strstr(logged, "shpat") == NULL, "%s", logged);
    ck_assert_msg(strstr(logged, "s3cr") == NULL, "%s", logged);
    ck_assert_uint_eq(times_in(logged, "answered=2027-01"), 1);
    ck_assert_uint_eq(times_in(logged, "old field"), 1);
    ck_assert_msg(strstr(logged, "level=warn store=acme job=orders "
                                 "msg=\"retrying a request\" "
                                 "error=\"poll: store acme answered HTTP "
                                 "503\" "
                                 "code=HTTP_503 delay_ms=") != NULL,
                  "%s", logged);
    ck_assert_ptr_nonnull(strstr(logged, "request_id=r-503"));
    close(fd);
    close(saved);
    unlink(path);
    session_free(session);
}

/* ---- shop and types ----------------------------------------------------- */

TASK_TEST(a_shop_is_read, PATIENT_MS)
{
    static const struct scripted_step steps[] = {ANSWER(
        "{\"data\":{\"shop\":{\"id\":\"gid:\\/\\/shopify\\/Shop\\/1\","
        "\"currencyCode\":\"EUR\",\"ianaTimezone\":\"Europe\\/Berlin\","
        "\"plan\":{\"publicDisplayName\":\"Basic\"}},"
        "\"currentAppInstallation\":{\"accessScopes\":["
        "{\"handle\":\"read_products\"},{\"handle\":\"read_orders\"}]}}}")};
    struct session *session = session_with_token(http, SERVE(steps));
    struct shop shop;

    ck_assert(shop_read(session, &ctx, &arena, &shop, &err));
    ck_assert_str_eq(shop.id, "gid://shopify/Shop/1");
    ck_assert_str_eq(shop.currency_code, "EUR");
    ck_assert_str_eq(shop.iana_timezone, "Europe/Berlin");
    ck_assert_str_eq(shop.plan, "Basic");
    ck_assert_str_eq(shop.scopes, "read_orders,read_products");
    session_free(session);
}

static char types[512];

static bool
note_type(void *unused, const char *name, struct span json, struct err *why)
{
    size_t used = strlen(types);

    (void)unused;
    if (strcmp(name, "Bad") == 0)
        return err_set(why, MSG_TRUNCATED, "no");
    snprintf(types + used, sizeof(types) - used, "%s=%.*s ", name,
             SPAN_ARG(json));
    return true;
}

static bool
ask(void *session, const struct request *request, struct arena *to,
    struct json **data, struct err *why)
{
    struct answer answer;
    bool ok = session_send(session, request, &ctx, to, &answer, why);

    *data = answer.data;
    return ok;
}

TASK_TEST(each_type_is_its_own_json_text, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.expect = "t0: __type(name: \\\"Order\\\") { ...FullType }",
         .status = 200,
         .body = "{\"data\":{\"t0\":{\"kind\":\"OBJECT\",\"name\":\"Order\"},"
                 "\"t1\":null}}"}};
    struct session *session = session_with_token(http, SERVE(steps));
    struct introspect_way way = {.ask = ask, .ctx = session};
    const char *names[] = {"Order", "Nothing"};

    types[0] = '\0';
    ck_assert(introspect_types(&way, names, 2, note_type, NULL, &err));
    ck_assert_str_eq(
        types, "Order={\"kind\":\"OBJECT\",\"name\":\"Order\"} Nothing= ");
    session_free(session);
}

/* A request has 8 types, or half as many if the store says that it costs too
 * much. */
TASK_TEST(types_are_requested_in_batches, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.expect = "t7:",
         .status = 200,
         .body = "{\"errors\":[{\"message\":\"Query cost is 1100\","
                 "\"extensions\":{\"code\":\"MAX_COST_EXCEEDED\"}}]}"},
        {.expect = "t3:", .status = 200, .body = "{\"data\":{\"t0\":{}}}"},
        {.expect = "t3:", .status = 200, .body = "{\"data\":{}}"},
        {.expect = "t0:", .status = 200, .body = "{\"data\":{\"t0\":{}}}"}};
    struct scripted_server *server = SERVE(steps);
    struct session *session = session_with_token(http, server);
    struct introspect_way way = {.ask = ask, .ctx = session};
    const char *names[] = {"A", "B", "C", "D", "E", "F", "G", "H", "Bad"};

    types[0] = '\0';
    ck_assert(!introspect_types(&way, names, 9, note_type, NULL, &err));
    ck_assert_int_eq(err.kind, ERR_TRANSIENT);
    ck_assert_str_eq(types, "A={} B= C= D= E= F= G= H= ");
    ck_assert_uint_eq(scripted_server_requests(server), 4);
    session_free(session);
}

TASK_TEST(the_name_of_the_query_type_is_read, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        ANSWER("{\"data\":{\"__schema\":{\"queryType\":{\"name\":\"Q\"}}}}"),
        ANSWER("{\"data\":{}}")};
    struct session *session = session_with_token(http, SERVE(steps));
    struct introspect_way way = {.ask = ask, .ctx = session};
    char name[128];

    ck_assert(introspect_query_type(&way, name, &err));
    ck_assert_str_eq(name, "Q");
    ck_assert(!introspect_query_type(&way, name, &err));
    session_free(session);
}

TASK_TEST(the_mutation_type_is_read, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        ANSWER("{\"data\":{\"__schema\":{\"mutationType\":{\"name\":\"M\"}},"
               "\"__type\":{\"fields\":[{\"name\":\"kind\"},{\"name\":"
               "\"isOneOf\"}]}}}"),
        ANSWER("{\"data\":{\"__schema\":{\"mutationType\":null},\"__type\":"
               "{\"fields\":[{\"name\":\"kind\"}]}}}"),
        {.expect = "FullType on __Type { kind name isOneOf fields",
         .status = 200,
         .body = "{\"data\":{\"t0\":null}}"}};
    struct session *session = session_with_token(http, SERVE(steps));
    struct introspect_way way = {.ask = ask, .ctx = session};
    struct introspect_mutation found;
    const char *names[] = {"A"};

    ck_assert(introspect_mutation_type(&way, &found, &err));
    ck_assert_str_eq(found.name, "M");
    ck_assert(found.asks_one_of);
    ck_assert(introspect_mutation_type(&way, &found, &err));
    ck_assert_str_eq(found.name, "");
    ck_assert(!found.asks_one_of);
    way.asks_one_of = true;
    ck_assert(introspect_types(&way, names, 1, note_type, NULL, &err));
    session_free(session);
}

/* ---- pages -------------------------------------------------------------- */

static struct rate_pool pool;
static struct rate_user page_user;

static struct session *
session_with_rate(struct http *http, const struct scripted_server *server)
{
    struct session_config config = config_of(server, "shpat_secret1");

    pool = (struct rate_pool){0};
    page_user = (struct rate_user){0};
    config.rates = &pool;
    config.concurrency = 4;
    config.share = 0.8;
    return session_new(http, &config);
}

static bool
ask_page(struct session *session, bool has_worked)
{
    struct request request = {.what = "page",
                              .document = "{ ok }",
                              .user = &page_user,
                              .points = 10,
                              .partial = true,
                              .has_worked = has_worked};

    return session_send(session, &request, &ctx, &arena, &reply, &err);
}

static void
end_rate(struct session *session)
{
    session_free(session);
    rate_pool_free(&pool);
}

#define BUCKET(left)                                                  \
    "\"extensions\":{\"cost\":{\"requestedQueryCost\":10,"            \
    "\"actualQueryCost\":8,\"throttleStatus\":{\"maximumAvailable\":" \
    "2000.0,\"currentlyAvailable\":" left ",\"restoreRate\":100.0}}}}"

TASK_TEST(a_page_tells_the_rate, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.status = 200,
         .headers = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
         .body = "{\"data\":{\"ok\":true}," BUCKET("1990")}};
    struct session *session = session_with_rate(http, SERVE(steps));

    ck_assert_msg(ask_page(session, false), "%s", err.message);
    ck_assert_double_eq(rate_left(session_rate(session)), 1990);
    ck_assert_double_eq(rate_per_second(session_rate(session)), 80);
    ck_assert_int_eq(reply.date_s, 784111777);
    ck_assert(span_starts(reply.body, "{\"data\":"));
    end_rate(session);
}

static const struct {
    const char *body;
    bool is_answer;
} of_rows[] = {
    {"{\"errors\":[{\"message\":\"Variable was provided invalid value\"}]}",
     true},
    {"{\"errors\":[{\"message\":\"no\",\"extensions\":{\"code\":"
     "\"ACCESS_DENIED\"}}]}",
     true},
    {"{\"errors\":[{\"message\":\"oops\",\"extensions\":{\"code\":"
     "\"INTERNAL_SERVER_ERROR\"}}]}",
     false},
    {"{\"data\":{\"m\":null},\"errors\":[{\"message\":\"oops\","
     "\"extensions\":{\"code\":\"INTERNAL_SERVER_ERROR\"}}]}",
     true},
};

TASK_LOOP_TEST(the_errors_of_a_row_are_an_answer, PATIENT_MS)
{
    struct scripted_step steps[] = {{.status = 200, .body = of_rows[row].body}};
    struct session *session = session_with_rate(http, SERVE(steps));
    struct request request = {.what = "push",
                              .document = "mutation { m }",
                              .once = true,
                              .user = &page_user,
                              .points = 10,
                              .partial = true,
                              .takes_errors = true};

    ck_assert_int_eq(
        session_send(session, &request, &ctx, &arena, &reply, &err),
        of_rows[row].is_answer);
    if (of_rows[row].is_answer)
        ck_assert_uint_eq(reply.body.length, strlen(of_rows[row].body));
    else
        ck_assert_str_eq(err.code, "ANSWER_LOST");
    end_rate(session);
}

/* The points are there again at once: the refusal is not a failure. */
TASK_TEST(a_throttled_page_is_asked_for_again, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.status = 200,
         .body = "{\"errors\":[{\"message\":\"Throttled\",\"extensions\":{"
                 "\"code\":\"THROTTLED\"}}]," BUCKET("1000")},
        {.status = 200, .body = "{\"data\":{\"ok\":true}}"}};
    struct session *session = session_with_rate(http, SERVE(steps));

    ck_assert_msg(ask_page(session, false), "%s", err.message);
    end_rate(session);
}

TASK_TEST(a_page_may_have_errors, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        ANSWER("{\"data\":{\"a\":null},\"errors\":[{\"message\":\"x\","
               "\"extensions\":{\"code\":\"ACCESS_DENIED\"}}]}"),
        ANSWER("{\"data\":null,\"errors\":[{\"message\":\"x\",\"path\":["
               "\"a\",\"edges\",1],\"extensions\":{\"code\":"
               "\"INTERNAL_SERVER_ERROR\"}}]}")};
    struct session *session = session_with_rate(http, SERVE(steps));

    for (int i = 0; i < 2; i++) {
        ck_assert_msg(ask_page(session, false), "%s", err.message);
        ck_assert_ptr_nonnull(reply.errors);
    }
    end_rate(session);
}

/* Errors without data are about the document, until it has worked. */
TASK_TEST(a_page_without_data_is_refused, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        ANSWER("{\"errors\":[{\"message\":\"Field 'x' is unknown\"}]}"),
        ANSWER("{\"errors\":[{\"message\":\"Field 'x' is unknown\"}]}"),
        ANSWER("{\"data\":{\"ok\":true}}")};
    struct scripted_server *server = SERVE(steps);
    struct session *session = session_with_rate(http, server);

    ck_assert(!ask_page(session, false));
    ck_assert_int_eq(err.kind, ERR_CONFIG);
    ck_assert_str_eq(err.message,
                     "page: store acme answered: Field 'x' is unknown");
    ck_assert_msg(ask_page(session, true), "%s", err.message);
    ck_assert_uint_eq(scripted_server_requests(server), 3);
    end_rate(session);
}

static TCase *
page_tests(void)
{
    TCase *tests = tcase_create("pages");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, the_errors_of_a_row_are_an_answer, 0,
                        COUNT(of_rows));
    tcase_add_test(tests, a_page_tells_the_rate);
    tcase_add_test(tests, a_throttled_page_is_asked_for_again);
    tcase_add_test(tests, a_page_may_have_errors);
    tcase_add_test(tests, a_page_without_data_is_refused);
    return tests;
}

static TCase *
answer_tests(void)
{
    TCase *tests = tcase_create("answers");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, an_answer_has_data_and_cost);
    tcase_add_loop_test(tests, a_transient_error_is_retried, 0, TRANSIENT);
    tcase_add_loop_test(
        tests, a_request_with_once_is_repeated_only_if_nothing_was_done, 0,
        TRANSIENT);
    tcase_add_test(tests, the_wait_is_as_long_as_the_store_asks);
    tcase_add_loop_test(tests, a_final_error_is_not_retried, 0, FINAL);
    tcase_add_loop_test(tests, a_secret_copied_with_its_surroundings_is_refused,
                        0, COUNT(copied));
    tcase_add_test(tests, an_error_names_its_request);
    tcase_add_test(tests, a_spent_budget_is_err_later);
    tcase_add_test(tests, a_store_that_was_given_up_gets_no_requests);
    tcase_add_test(tests, a_request_with_a_deadline_ends_alone);
    tcase_add_test(tests, a_refused_connection_is_not_sent);
    tcase_add_test(tests, an_answer_that_is_too_large_is_not_an_answer);
    tcase_add_test(tests, answers_of_failed_tries_use_no_memory);
    tcase_add_test(tests, a_signal_ends_the_wait_before_a_retry);
    return tests;
}

static TCase *
token_tests(void)
{
    TCase *tests = tcase_create("tokens");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_token_is_requested_when_needed_and_kept);
    tcase_add_test(tests, a_token_is_renewed_before_it_expires);
    tcase_add_test(tests, a_valid_token_is_used_if_its_renewal_fails);
    tcase_add_test(tests, a_refused_token_is_renewed_once);
    tcase_add_test(tests, a_token_refused_twice_is_an_error);
    tcase_add_test(tests, without_a_token_nothing_is_sent);
    tcase_add_test(tests, a_wrong_secret_is_an_error_with_the_stores_text);
    tcase_add_test(tests, a_token_that_would_break_the_header_is_refused);
    tcase_add_test(tests, two_jobs_get_one_token);
    tcase_add_test(tests, two_jobs_renew_once);
    tcase_add_test(tests, a_refresh_token_is_replaced_in_its_file);
    tcase_add_test(tests, a_failed_refresh_leaves_the_file_alone);
    tcase_add_test(tests, the_file_is_read_under_the_lock);
    tcase_add_test(tests, without_room_for_the_next_token_nothing_is_sent);
    tcase_add_test(tests, secrets_are_never_logged_and_warnings_appear_once);
    return tests;
}

static TCase *
reader_tests(void)
{
    TCase *tests = tcase_create("shop and types");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_shop_is_read);
    tcase_add_test(tests, each_type_is_its_own_json_text);
    tcase_add_test(tests, types_are_requested_in_batches);
    tcase_add_test(tests, the_name_of_the_query_type_is_read);
    tcase_add_test(tests, the_mutation_type_is_read);
    return tests;
}

int
main(void)
{
    Suite *suite = suite_create("session");

    suite_add_tcase(suite, answer_tests());
    suite_add_tcase(suite, page_tests());
    suite_add_tcase(suite, token_tests());
    suite_add_tcase(suite, reader_tests());
    return suite_run(suite);
}
