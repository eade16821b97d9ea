/* upload: targets, what goes to the storage, and what its answers mean. */
#include <check.h>
#include <md5.h>
#include <stdio.h>
#include <string.h>

#include "shopify/upload.h"
#include "support/scripted_server.h"
#include "support/suite.h"

enum { PATIENT_MS = 600000 };

static struct arena arena;
static struct err err;

static void
setup(void)
{
    arena = (struct arena){0};
    memset(&err, 0, sizeof(err));
}

static void
teardown(void)
{
    arena_free(&arena);
}

static struct session *
open_session(struct http *http, const struct scripted_server *server)
{
    struct session_config config = {.store = "acme",
                                    .base_url = scripted_server_url(server),
                                    .api_version = "2026-10",
                                    .token = "shpat_secret",
                                    .retry_initial_ms = 1,
                                    .retry_max_ms = 5,
                                    .retry_budget_ms = PATIENT_MS};

    return session_new(http, &config);
}

/* ---- targets ------------------------------------------------------------ */

#define STAGED(text)                                       \
    {                                                      \
        .status = 200, .headers = "X-Request-ID: r-9\r\n", \
        .body = "{\"data\":{\"stagedUploadsCreate\":{"     \
                "\"stagedTargets\":" text "}}}"            \
    }

TASK_TEST(a_target_is_kept_as_the_store_sent_it, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        STAGED("[{\"url\":\"https:\\/\\/s.example\\/\",\"parameters\":["
               "{\"name\":\"acl\",\"value\":\"private\"},"
               "{\"name\":\"key\",\"value\":\"tmp\\/1\\/bulk\\/u\\/x\"}]}],"
               "\"userErrors\":[]")};
    struct scripted_server *server = SERVE(steps);
    struct session *session = open_session(http, server);
    const char *target, *request;

    ck_assert_msg(
        upload_stage(session, "x.jsonl", 1234, NULL, &arena, &target, &err),
        "%s", err.message);
    ck_assert_str_eq(target,
                     "{\"url\":\"https:\\/\\/s.example\\/\",\"parameters\":["
                     "{\"name\":\"acl\",\"value\":\"private\"},"
                     "{\"name\":\"key\",\"value\":\"tmp\\/1\\/bulk\\/u\\/x\"}"
                     "]}");
    ck_assert_str_eq(upload_path(target, &arena), "tmp/1/bulk/u/x");
    request = scripted_server_request(server, 0);
    ck_assert_ptr_nonnull(
        strstr(request, "{\"input\":[{\"resource\":\"BULK_MUTATION_VARIABLES\","
                        "\"filename\":\"x.jsonl\",\"mimeType\":\"text/jsonl\","
                        "\"httpMethod\":\"POST\",\"fileSize\":\"1234\"}]}"));
    session_free(session);
}

static const struct {
    struct scripted_step answer;
    const char *words;
} bad_targets[] = {
    {STAGED("[],\"userErrors\":[{\"field\":[\"input\"],\"message\":\"Too "
            "many\"}]"),
     "Too many"},
    {STAGED("null,\"userErrors\":[]"), "no place"},
    {STAGED("[{\"url\":null,\"parameters\":[]}]"), "no place"},
    {STAGED("[{\"url\":\"https:\\/\\/s\",\"parameters\":[{\"name\":\"acl\","
            "\"value\":\"p\"}]}]"),
     "no place"},
    {STAGED("[{\"url\":\"https:\\/\\/s\",\"parameters\":[{\"name\":\"key\","
            "\"value\":null}]}]"),
     "no place"},
    {STAGED("[{\"url\":\"https:\\/\\/s\",\"parameters\":[{\"name\":\"key\","
            "\"value\":\"\"}]}]"),
     "no place"},
};

TASK_LOOP_TEST(a_target_without_url_or_path_is_refused, PATIENT_MS)
{
    struct session *session =
        open_session(http, scripted_server_new(&bad_targets[row].answer, 1));
    const char *target;

    ck_assert(!upload_stage(session, "x", 1, NULL, &arena, &target, &err));
    ck_assert_int_eq(err.kind, ERR_FAILED);
    ck_assert_str_eq(err.code, "BAD_TARGET");
    ck_assert_str_eq(err.request_id, "r-9");
    ck_assert_ptr_nonnull(strstr(err.message, bad_targets[row].words));
    session_free(session);
}

START_TEST(a_text_that_is_not_a_target_has_no_path)
{
    ck_assert_ptr_null(upload_path("", &arena));
    ck_assert_ptr_null(upload_path("[]", &arena));
}

END_TEST

/* ---- files -------------------------------------------------------------- */

static const char lines[] = "{\"id\":1}\n{\"id\":2}\n";

static bool
read_once(void *ctx, struct span *chunk, struct err *why)
{
    struct span *left = ctx;

    (void)why;
    *chunk = *left;
    *left = span_of("", 0);
    return true;
}

static const char *
target_at(const struct scripted_server *server)
{
    return arena_printf(
        &arena,
        "{\"url\":\"%s\",\"parameters\":[{\"name\":\"key\",\"value\":\"tmp/x\"}"
        ",{\"name\":\"policy\",\"value\":\"SIGNED\"}]}",
        scripted_server_url(server));
}

static bool
send_lines(struct http *http, const struct scripted_server *server)
{
    struct span left = span_str(lines);
    struct upload_file file = {
        .size = (int64_t)left.length, .read = read_once, .ctx = &left};

    return upload_send(http, target_at(server), "x.jsonl", &file, &err);
}

static struct scripted_step
stored(const char *bytes, size_t length)
{
    char hex[MD5_DIGEST_STRING_LENGTH];

    MD5Data((const uint8_t *)bytes, length, hex);
    return (struct scripted_step){
        .status = 201,
        .headers = arena_printf(&arena, "ETag: \"%s\"\r\n", hex)};
}

TASK_TEST(the_storage_confirms_the_md5_and_gets_no_token, PATIENT_MS)
{
    struct scripted_step steps[] = {stored(lines, sizeof(lines) - 1)};
    struct scripted_server *server = SERVE(steps);
    const char *request;

    ck_assert_msg(send_lines(http, server), "%s", err.message);
    request = scripted_server_request(server, 0);
    ck_assert_ptr_nonnull(strstr(request, "name=\"key\"\r\n\r\ntmp/x\r\n"));
    ck_assert_ptr_nonnull(strstr(request, "{\"id\":1}\n{\"id\":2}\n\r\n--"));
    ck_assert_ptr_null(strstr(request, "Access-Token"));
}

static const struct {
    const char *etag;
    const char *code; /* NULL: the upload is accepted */
} etags[] = {
    {"\"00000000000000000000000000000000\"", "UPLOAD_DAMAGED"},
    {"\"CMEK/x=\"", NULL},
    {"\"0000\"", NULL},
    {"00000000000000000000000000000000", NULL},
};

TASK_LOOP_TEST(only_an_etag_that_is_an_md5_is_compared, PATIENT_MS)
{
    struct scripted_step step = {
        .status = 200,
        .headers = arena_printf(&arena, "ETag: %s\r\n", etags[row].etag)};

    ck_assert_int_eq(send_lines(http, scripted_server_new(&step, 1)),
                     etags[row].code == NULL);
    ck_assert_str_eq(err.code, etags[row].code != NULL ? etags[row].code : "");
    if (etags[row].code != NULL)
        ck_assert_int_eq(err.kind, ERR_TRANSIENT);
}

TASK_TEST(a_refusal_reports_the_code_and_no_signature, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.status = 403,
         .body = "<?xml version='1.0'?><Error><Code>SignatureDoesNotMatch"
                 "</Code><Message>It does not match.</Message>"
                 "<StringToSign>SIGNED</StringToSign></Error>"},
        {.status = 503},
        {.status = 302}};
    struct scripted_server *server = SERVE(steps);

    ck_assert(!send_lines(http, server));
    ck_assert_int_eq(err.kind, ERR_TRANSIENT);
    ck_assert_str_eq(err.code, "UPLOAD_REFUSED");
    ck_assert_str_eq(err.message,
                     "upload: the storage refuses the upload (HTTP 403): "
                     "SignatureDoesNotMatch: It does not match.");
    ck_assert(!send_lines(http, server));
    ck_assert_str_eq(err.message,
                     "upload: the storage refuses the upload (HTTP 503)");
    ck_assert(!send_lines(http, server));
    ck_assert_str_eq(err.code, "UPLOAD_REFUSED");
}

TASK_TEST(a_broken_upload_is_transient, PATIENT_MS)
{
    static const struct scripted_step steps[] = {{.status = 0}};

    ck_assert(!send_lines(http, SERVE(steps)));
    ck_assert_int_eq(err.kind, ERR_TRANSIENT);
    ck_assert_str_eq(err.code, "ANSWER_LOST");
}

TASK_TEST(the_fence_replaces_the_lines_by_one_that_is_not_json, PATIENT_MS)
{
    static const char line[] = "bulkpg does not send these lines\n";
    struct scripted_step steps[] = {stored(line, sizeof(line) - 1)};
    struct scripted_server *server = SERVE(steps);

    ck_assert_msg(upload_overwrite(http, target_at(server), "x.jsonl", &err),
                  "%s", err.message);
    ck_assert_ptr_nonnull(strstr(scripted_server_request(server, 0), line));
}

int
main(void)
{
    Suite *suite = suite_create("upload");
    TCase *tests = tcase_create("upload");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_target_is_kept_as_the_store_sent_it);
    tcase_add_loop_test(tests, a_target_without_url_or_path_is_refused, 0,
                        COUNT(bad_targets));
    tcase_add_test(tests, a_text_that_is_not_a_target_has_no_path);
    tcase_add_test(tests, the_storage_confirms_the_md5_and_gets_no_token);
    tcase_add_loop_test(tests, only_an_etag_that_is_an_md5_is_compared, 0,
                        COUNT(etags));
    tcase_add_test(tests, a_refusal_reports_the_code_and_no_signature);
    tcase_add_test(tests, a_broken_upload_is_transient);
    tcase_add_test(tests, the_fence_replaces_the_lines_by_one_that_is_not_json);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
