/* bulk: the store's answers about an operation, and what they mean. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "shopify/bulk.h"
#include "support/scripted_server.h"
#include "support/suite.h"

enum { PATIENT_MS = 600000 };

#define ANSWER(text)                                   \
    {                                                  \
        .status = 200, .body = "{\"data\":{" text "}}" \
    }
#define FAILING(text)                                                 \
    {                                                                 \
        .status = 200, .headers = "X-Request-ID: r-9\r\n",            \
        .body = "{\"data\":{\"bulkOperationRunQuery\":{"              \
                "\"bulkOperation\":null,\"userErrors\":[" text "]}}}" \
    }
#define CREATED                                                          \
    "{\"id\":\"gid:\\/\\/shopify\\/BulkOperation\\/7\","                 \
    "\"status\":\"CREATED\",\"errorCode\":null,"                         \
    "\"createdAt\":\"2026-10-21T02:07:50Z\",\"completedAt\":null,"       \
    "\"objectCount\":\"0\",\"rootObjectCount\":\"0\",\"fileSize\":null," \
    "\"url\":null}"

static const char id[] = "gid://shopify/BulkOperation/7";
static struct bulk_operation operation;
static int64_t wait_ms;
static struct err err;

static void
setup(void)
{
    memset(&operation, 0x55, sizeof(operation));
    memset(&err, 0, sizeof(err));
    wait_ms = 77;
}

static struct session *
open_session(struct http *http, const struct scripted_server *server)
{
    struct session_config config = {.store = "acme",
                                    .base_url = scripted_server_url(server),
                                    .api_version = "2026-10",
                                    .token = "shpat_x",
                                    .retry_initial_ms = 1,
                                    .retry_max_ms = 5,
                                    .retry_budget_ms = PATIENT_MS};

    return session_new(http, &config);
}

static bool
submit(struct session *session)
{
    return bulk_submit(session, "# mark \"1\"\n{ products }", NULL, &operation,
                       &wait_ms, &err);
}

/* ---- submit ------------------------------------------------------------ */

TASK_TEST(a_submitted_query_is_an_operation, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        ANSWER("\"bulkOperationRunQuery\":{\"bulkOperation\":" CREATED
               ",\"userErrors\":[]}")};
    struct scripted_server *server = SERVE(steps);
    struct session *session = open_session(http, server);

    ck_assert_msg(submit(session), "%s", err.message);
    ck_assert_str_eq(operation.id, id);
    ck_assert_int_eq(operation.status, BULK_CREATED);
    ck_assert_str_eq(operation.created_at, "2026-10-21T02:07:50Z");
    ck_assert_str_eq(operation.completed_at, "");
    ck_assert_str_eq(operation.error_code, "");
    ck_assert_str_eq(operation.url, "");
    ck_assert_int_eq(operation.file_size, -1);
    ck_assert_ptr_nonnull(strstr(
        scripted_server_request(server, 0),
        "\"variables\":{\"query\":\"# mark \\\"1\\\"\\n{ products }\"}"));
    session_free(session);
}

static const struct {
    struct scripted_step answer;
    enum err_kind kind;
    const char *code;
    const char *words;
    int64_t wait_ms;
} refusals[] = {
    {FAILING("{\"field\":null,\"message\":\"A bulk query operation for this "
             "app and shop is already in progress: "
             "gid:\\/\\/shopify\\/BulkOperation\\/1, "
             "gid:\\/\\/shopify\\/BulkOperation\\/2.\","
             "\"code\":\"OPERATION_IN_PROGRESS\"}"),
     ERR_TRANSIENT, "OPERATION_IN_PROGRESS", "gid://shopify/BulkOperation/2",
     -1},
    {FAILING("{\"field\":null,\"message\":\"too many recent bulk operations, "
             "10 of 10: wait 2 minutes\",\"code\":\"LIMIT_REACHED\"}"),
     ERR_TRANSIENT, "LIMIT_REACHED", "too many recent", 120000},
    {FAILING("{\"message\":\"Too many recent bulk operations.\"}"),
     ERR_TRANSIENT, "LIMIT_REACHED", "Too many recent", -1},
    {FAILING("{\"field\":[\"query\"],\"message\":\"first.\","
             "\"code\":\"INVALID\"},"
             "{\"field\":[\"query\"],\"message\":\"second.\","
             "\"code\":\"INVALID\"}"),
     ERR_CONFIG, "INVALID", "first.; second.", -1},
    {FAILING(""), ERR_TRANSIENT, "ANSWER_LOST", "has no operation", -1},
};

enum { REFUSALS = sizeof(refusals) / sizeof(refusals[0]) };

TASK_LOOP_TEST(a_refusal_has_a_code_and_the_reason, PATIENT_MS)
{
    struct session *session =
        open_session(http, scripted_server_new(&refusals[row].answer, 1));

    ck_assert(!submit(session));
    ck_assert_int_eq(err.kind, refusals[row].kind);
    ck_assert_str_eq(err.code, refusals[row].code);
    ck_assert_str_eq(err.request_id, "r-9");
    ck_assert_msg(strstr(err.message, refusals[row].words) != NULL, "%s",
                  err.message);
    ck_assert_int_eq(wait_ms, refusals[row].wait_ms);
    session_free(session);
}

TASK_TEST(a_query_is_never_submitted_twice, PATIENT_MS)
{
    static const struct scripted_step steps[] = {{.status = 502}};
    struct session *session = open_session(http, SERVE(steps));

    ck_assert(!submit(session));
    ck_assert_int_eq(err.kind, ERR_TRANSIENT);
    ck_assert_str_eq(err.code, "ANSWER_LOST");
    session_free(session);
}

/* ---- mutations ---------------------------------------------------------- */

static bool
mutate(struct session *session)
{
    return bulk_mutate(session, "# mark\nmutation M { a }", "tmp/1/x", NULL,
                       &operation, &wait_ms, &err);
}

TASK_TEST(a_submitted_mutation_is_an_operation, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        ANSWER("\"bulkOperationRunMutation\":{\"bulkOperation\":" CREATED
               ",\"userErrors\":[]}")};
    struct scripted_server *server = SERVE(steps);
    struct session *session = open_session(http, server);

    ck_assert_msg(mutate(session), "%s", err.message);
    ck_assert_str_eq(operation.id, id);
    ck_assert_ptr_nonnull(
        strstr(scripted_server_request(server, 0),
               "\"variables\":{\"mutation\":\"# mark\\nmutation M { a }\","
               "\"path\":\"tmp/1/x\"}"));
    session_free(session);
}

#define REFUSING(code, message)                                           \
    ANSWER("\"bulkOperationRunMutation\":{\"bulkOperation\":null,"        \
           "\"userErrors\":[{\"field\":null,\"message\":\"" message "\"," \
           "\"code\":" code "}]}")

/* The refusals of a store, as recorded. */
static const struct {
    struct scripted_step answer;
    enum err_kind kind;
    const char *code;
} mutation_refusals[] = {
    {REFUSING("\"INVALID_MUTATION\"", "Failed to parse the mutation"),
     ERR_CONFIG, "INVALID_MUTATION"},
    {REFUSING("null", "You must specify a single top level mutation."),
     ERR_CONFIG, "INVALID_MUTATION"},
    {REFUSING("null", "Bulk mutations cannot contain more than 1 connection."),
     ERR_CONFIG, "INVALID_MUTATION"},
    {REFUSING("\"NO_SUCH_FILE\"", "The JSONL file could not be found."),
     ERR_TRANSIENT, "NO_SUCH_FILE"},
    {REFUSING("\"INVALID_STAGED_UPLOAD_FILE\"", "The input file is empty."),
     ERR_TRANSIENT, "NO_SUCH_FILE"},
    {REFUSING("\"INTERNAL_FILE_SERVER_ERROR\"", "later"), ERR_TRANSIENT,
     "NO_SUCH_FILE"},
    {REFUSING("\"OPERATION_IN_PROGRESS\"",
              "A bulk mutation operation for this app and shop is already in "
              "progress: gid:\\/\\/shopify\\/BulkOperation\\/1."),
     ERR_TRANSIENT, "OPERATION_IN_PROGRESS"},
    {REFUSING("\"LIMIT_REACHED\"", "wait 1 minute"), ERR_TRANSIENT,
     "LIMIT_REACHED"},
    {ANSWER("\"bulkOperationRunMutation\":null"), ERR_TRANSIENT, "ANSWER_LOST"},
    {{.status = 502}, ERR_TRANSIENT, "ANSWER_LOST"},
};

TASK_LOOP_TEST(a_mutation_may_be_refused, PATIENT_MS)
{
    struct session *session = open_session(
        http, scripted_server_new(&mutation_refusals[row].answer, 1));

    ck_assert(!mutate(session));
    ck_assert_int_eq(err.kind, mutation_refusals[row].kind);
    ck_assert_str_eq(err.code, mutation_refusals[row].code);
    session_free(session);
}

/* ---- poll -------------------------------------------------------------- */

TASK_TEST(a_finished_operation_has_counts_and_a_url, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.status = 503},
        ANSWER("\"bulkOperation\":{\"id\":"
               "\"gid:\\/\\/shopify\\/BulkOperation\\/7\","
               "\"status\":\"COMPLETED\",\"errorCode\":null,"
               "\"createdAt\":\"2026-10-21T02:07:50Z\","
               "\"completedAt\":\"2026-10-21T02:08:00Z\","
               "\"objectCount\":\"5033\",\"rootObjectCount\":1456,"
               "\"fileSize\":\"9007199254740993\","
               "\"url\":\"https:\\/\\/storage.example\\/x?a=1\\u0026b=%2B\"}")};
    struct scripted_server *server = SERVE(steps);
    struct session *session = open_session(http, server);

    ck_assert(bulk_read(session, id, 0, NULL, &operation, &err));
    ck_assert_int_eq(operation.status, BULK_COMPLETED);
    ck_assert_int_eq(operation.object_count, 5033);
    ck_assert_int_eq(operation.root_object_count, 1456);
    ck_assert_int_eq(operation.file_size, INT64_C(9007199254740993));
    ck_assert_str_eq(operation.url, "https://storage.example/x?a=1&b=%2B");
    ck_assert_ptr_nonnull(
        strstr(scripted_server_request(server, 1),
               "\"variables\":{\"id\":\"gid://shopify/BulkOperation/7\"}"));
    session_free(session);
}

#define COUNTS(status, counts, url)                              \
    ANSWER("\"bulkOperation\":{\"id\":"                          \
           "\"gid:\\/\\/shopify\\/BulkOperation\\/7\","          \
           "\"status\":\"" status "\",\"errorCode\":null,"       \
           "\"createdAt\":null,\"completedAt\":null," counts "," \
           "\"url\":" url "}")

static const struct {
    struct scripted_step answer;
    const char *odd;
    int64_t objects, roots, bytes;
} counts[] = {
    {COUNTS(
         "COMPLETED",
         "\"objectCount\":\"3\",\"rootObjectCount\":\"2\",\"fileSize\":\"9\"",
         "\"https://a\""),
     "", 3, 2, 9},
    {COUNTS(
         "COMPLETED",
         "\"objectCount\":\"-3\",\"rootObjectCount\":\"2\",\"fileSize\":\"9\"",
         "\"https://a\""),
     "objectCount is -3", -1, 2, 9},
    {COUNTS("COMPLETED",
            "\"objectCount\":3,\"rootObjectCount\":\"two\",\"fileSize\":\"9\"",
            "\"https://a\""),
     "rootObjectCount is two", 3, -1, 9},
    {COUNTS("COMPLETED",
            "\"objectCount\":3,\"rootObjectCount\":2,\"fileSize\":9.5",
            "\"https://a\""),
     "fileSize is 9.5", 3, 2, -1},
    {COUNTS("COMPLETED",
            "\"objectCount\":3,\"rootObjectCount\":2,\"fileSize\":[]",
            "\"https://a\""),
     "fileSize is not a number", 3, 2, -1},
    {COUNTS(
         "COMPLETED",
         "\"objectCount\":3,\"rootObjectCount\":2,\"fileSize\":\"\\u001b[1m\"",
         "\"https://a\""),
     "fileSize is not a number", 3, 2, -1},
    {COUNTS("COMPLETED",
            "\"objectCount\":3,\"rootObjectCount\":2,\"fileSize\":null",
            "\"https://a\""),
     "fileSize is missing", 3, 2, -1},
    {COUNTS("COMPLETED",
            "\"objectCount\":0,\"rootObjectCount\":0,\"fileSize\":null",
            "null"),
     "", 0, 0, -1},
    {COUNTS("RUNNING",
            "\"objectCount\":3,\"rootObjectCount\":2,\"fileSize\":null",
            "null"),
     "", 3, 2, -1},
};

enum { COUNTED = sizeof(counts) / sizeof(counts[0]) };

TASK_LOOP_TEST(an_invalid_count_is_described, PATIENT_MS)
{
    struct session *session =
        open_session(http, scripted_server_new(&counts[row].answer, 1));

    ck_assert(bulk_read(session, id, 0, NULL, &operation, &err));
    ck_assert_str_eq(operation.odd_count, counts[row].odd);
    ck_assert_int_eq(operation.object_count, counts[row].objects);
    ck_assert_int_eq(operation.root_object_count, counts[row].roots);
    ck_assert_int_eq(operation.file_size, counts[row].bytes);
    session_free(session);
}

TASK_TEST(an_unknown_operation_has_its_own_code, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        ANSWER("\"bulkOperation\":null"),
        {.status = 200,
         .body = "{\"data\":{\"bulkOperation\":null},\"errors\":[{\"message\":"
                 "\"Invalid id: gid://shopify/Product/1\",\"extensions\":{"
                 "\"code\":\"RESOURCE_NOT_FOUND\"}}]}"}};
    struct session *session = open_session(http, SERVE(steps));

    for (int i = 0; i < 2; i++) {
        ck_assert(!bulk_read(session, id, 0, NULL, &operation, &err));
        ck_assert_int_eq(err.kind, ERR_FAILED);
        ck_assert_str_eq(err.code, "UNKNOWN_OPERATION");
    }
    session_free(session);
}

TASK_TEST(an_unknown_status_is_an_error, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        ANSWER("\"bulkOperation\":{\"id\":\"x\",\"status\":\"PAUSED\"}")};
    struct session *session = open_session(http, SERVE(steps));

    ck_assert(!bulk_read(session, id, 0, NULL, &operation, &err));
    ck_assert_int_eq(err.kind, ERR_FAILED);
    session_free(session);
}

START_TEST(each_status_has_a_name_and_may_be_terminal)
{
    ck_assert_str_eq(bulk_status_name(BULK_CANCELING), "CANCELING");
    ck_assert(!bulk_is_terminal(BULK_CREATED));
    ck_assert(!bulk_is_terminal(BULK_RUNNING));
    ck_assert(!bulk_is_terminal(BULK_CANCELING));
    ck_assert(bulk_is_terminal(BULK_COMPLETED));
    ck_assert(bulk_is_terminal(BULK_CANCELED));
    ck_assert(bulk_is_terminal(BULK_FAILED));
    ck_assert(bulk_is_terminal(BULK_EXPIRED));
}

END_TEST

/* ---- cancel ------------------------------------------------------------ */

TASK_TEST(cancel_leaves_a_finished_operation_alone, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        ANSWER("\"bulkOperationCancel\":{\"bulkOperation\":{\"id\":\"a\","
               "\"status\":\"CANCELING\"},\"userErrors\":[]}"),
        ANSWER("\"bulkOperationCancel\":{\"bulkOperation\":{\"id\":\"a\","
               "\"status\":\"COMPLETED\"},\"userErrors\":[{\"message\":\"A "
               "bulk operation cannot be canceled when it is completed\"}]}"),
        ANSWER("\"bulkOperationCancel\":{\"bulkOperation\":null,\"userErrors\":"
               "[{\"field\":[\"id\"],\"message\":\"Bulk operation does not "
               "exist\"}]}"),
        ANSWER("\"bulkOperationCancel\":{\"bulkOperation\":{\"id\":\"a\","
               "\"status\":\"RUNNING\"},\"userErrors\":[{\"message\":"
               "\"not today\"}]}")};
    struct session *session = open_session(http, SERVE(steps));

    ck_assert(bulk_cancel(session, id, 0, NULL, &operation, &err));
    ck_assert_int_eq(operation.status, BULK_CANCELING);
    ck_assert(bulk_cancel(session, id, 0, NULL, &operation, &err));
    ck_assert_int_eq(operation.status, BULK_COMPLETED);
    ck_assert(!bulk_cancel(session, id, 0, NULL, &operation, &err));
    ck_assert_str_eq(err.code, "UNKNOWN_OPERATION");
    ck_assert(!bulk_cancel(session, id, 0, NULL, &operation, &err));
    ck_assert_int_eq(err.kind, ERR_FAILED);
    ck_assert_ptr_nonnull(strstr(err.message, "not today"));
    session_free(session);
}

/* ---- search ------------------------------------------------------------ */

#define NODE(number, query)                                    \
    "{\"node\":{\"id\":\"" number "\",\"status\":\"RUNNING\"," \
    "\"query\":\"" query "\"}}"
#define PAGE(nodes, info) \
    ANSWER("\"bulkOperations\":{\"edges\":[" nodes "],\"pageInfo\":{" info "}}")

TASK_TEST(an_operation_is_found_by_its_marker, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        PAGE(NODE("4", "# m\\/12\\n{}") "," NODE("3", "{} # m\\/1"),
             "\"hasNextPage\":true,\"endCursor\":\"c\\\"1\""),
        PAGE(NODE("2", "# m\\/1\\n{}") "," NODE("1", "# m\\/1\\n{}"),
             "\"hasNextPage\":false,\"endCursor\":null")};
    struct scripted_server *server = SERVE(steps);
    struct session *session = open_session(http, server);
    bool found;

    ck_assert(bulk_find(session, BULK_QUERY, "# m/1", NULL, &operation, &found,
                        &err));
    ck_assert(found);
    ck_assert_str_eq(operation.id, "2");
    ck_assert_ptr_nonnull(strstr(scripted_server_request(server, 1),
                                 "\"variables\":{\"after\":\"c\\\"1\"}"));
    session_free(session);
}

TASK_TEST(a_marker_may_not_be_found, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        PAGE("", "\"hasNextPage\":false,\"endCursor\":null")};
    struct session *session = open_session(http, SERVE(steps));
    bool found = true;

    ck_assert(bulk_find(session, BULK_QUERY, "# m/1", NULL, &operation, &found,
                        &err));
    ck_assert(!found);
    session_free(session);
}

TASK_TEST(mutations_are_searched_among_mutations, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.expect = "operation_type:mutation",
         .status = 200,
         .body =
             "{\"data\":{\"bulkOperations\":{\"edges\":["
             "{\"node\":{\"id\":\"3\",\"status\":\"RUNNING\","
             "\"query\":\"# m\\/1.1\\/r\\nmutation\"}}],\"pageInfo\":{}}}}"}};
    struct session *session = open_session(http, SERVE(steps));
    bool found;

    ck_assert(bulk_find(session, BULK_MUTATION, "# m/1.1/r", NULL, &operation,
                        &found, &err));
    ck_assert(found);
    ck_assert_str_eq(operation.id, "3");
    session_free(session);
}

#define DATED(day, query)                                     \
    "{\"node\":{\"createdAt\":\"2026-10-" day "T00:00:00Z\"," \
    "\"query\":\"" query "\"}}"

TASK_TEST(recent_markers_with_a_prefix_are_listed, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        PAGE(DATED("21", "# a/push/1\\nmutation") "," DATED(
                 "21", "# b/push/2\\n") "," DATED("09", "# a/push/3"),
             "\"hasNextPage\":true,\"endCursor\":\"c\""),
        PAGE(DATED("20", "# a/push/4"), "\"hasNextPage\":false")};
    struct session *session = open_session(http, SERVE(steps));
    struct arena arena = {0};
    struct bulk_markers markers = {.prefix = "# a/push/",
                                   .since = "2026-10-10T00:00:00Z",
                                   .arena = &arena};

    ck_assert(bulk_list_markers(session, NULL, &markers, &err));
    ck_assert_int_eq(markers.count, 2);
    ck_assert_str_eq(markers.first_lines[0], "# a/push/1");
    ck_assert_str_eq(markers.first_lines[1], "# a/push/4");
    arena_free(&arena);
    session_free(session);
}

int
main(void)
{
    Suite *suite = suite_create("bulk");
    TCase *tests = tcase_create("bulk");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, a_submitted_query_is_an_operation);
    tcase_add_loop_test(tests, a_refusal_has_a_code_and_the_reason, 0,
                        REFUSALS);
    tcase_add_test(tests, a_query_is_never_submitted_twice);
    tcase_add_test(tests, a_submitted_mutation_is_an_operation);
    tcase_add_loop_test(tests, a_mutation_may_be_refused, 0,
                        COUNT(mutation_refusals));
    tcase_add_test(tests, mutations_are_searched_among_mutations);
    tcase_add_test(tests, recent_markers_with_a_prefix_are_listed);
    tcase_add_test(tests, a_finished_operation_has_counts_and_a_url);
    tcase_add_loop_test(tests, an_invalid_count_is_described, 0, COUNTED);
    tcase_add_test(tests, an_unknown_operation_has_its_own_code);
    tcase_add_test(tests, an_unknown_status_is_an_error);
    tcase_add_test(tests, each_status_has_a_name_and_may_be_terminal);
    tcase_add_test(tests, cancel_leaves_a_finished_operation_alone);
    tcase_add_test(tests, an_operation_is_found_by_its_marker);
    tcase_add_test(tests, a_marker_may_not_be_found);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
