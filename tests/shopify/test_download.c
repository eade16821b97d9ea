/* download: every byte arrives once and in order, despite interruptions. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "shopify/download.h"
#include "shopify/session.h"
#include "support/scripted_server.h"
#include "support/stop.h"
#include "support/suite.h"

enum { PATIENT_MS = 600000, STALL_MS = 2000, LONG_BYTES = 10 * 1000 * 1000 };

#define ETAG_A "ETag: \"a\"\r\n"
#define RANGE(first, last, size) \
    "Content-Range: bytes " first "-" last "/" size "\r\n"

static struct buf got;
static struct err err;

static void
setup(void)
{
    got = buf_with_ceiling(LONG_BYTES + 1);
    memset(&err, 0, sizeof(err));
}

static void
teardown(void)
{
    buf_free(&got);
}

static struct download *
open_download(struct http *http, const struct scripted_server *server,
              int64_t file_size)
{
    char url[256];

    snprintf(url, sizeof(url), "%s/result.jsonl?Signature=s%%2Becret",
             scripted_server_url(server));
    return download_new(http, url, file_size, backoff_of(1, 5, PATIENT_MS),
                        NULL);
}

/* Read everything into `got`. False if download_read() fails. */
static bool
read_all(struct download *download)
{
    struct span chunk;

    do {
        if (!download_read(download, &chunk, &err))
            return false;
        buf_append_span(&got, chunk);
    } while (chunk.length > 0);
    return true;
}

static void
check_read(struct http *http, const struct scripted_server *server,
           const char *text)
{
    struct download *download =
        open_download(http, server, (int64_t)strlen(text));

    ck_assert_msg(read_all(download), "%s", err.message);
    ck_assert_str_eq(buf_str(&got), text);
    ck_assert(read_all(download)); /* reading again at the end succeeds */
    download_free(download);
}

static void
check_fails(struct http *http, const struct scripted_server *server,
            int64_t file_size, enum err_kind kind, const char *code)
{
    struct download *download = open_download(http, server, file_size);

    ck_assert(!read_all(download));
    ck_assert_msg(err.kind == kind, "%d: %s", err.kind, err.message);
    ck_assert_str_eq(err.code, code);
    ck_assert_ptr_null(strstr(err.message, "ecret"));
    download_free(download);
}

/* ---- without interruption ---------------------------------------------- */

TASK_TEST(a_whole_file_is_read_byte_by_byte, PATIENT_MS)
{
    char *text = mem_alloc(LONG_BYTES);
    struct scripted_step steps[] = {
        {.expect = "GET /result.jsonl?Signature=s%2Becret HTTP/1.1\r\n",
         .status = 200,
         .body = text,
         .length = LONG_BYTES}};
    struct download *download;

    for (size_t i = 0; i < LONG_BYTES; i++)
        text[i] = (char)(i % 251 + (i >> 16));
    text[0] = '{';
    download = open_download(http, SERVE(steps), LONG_BYTES);
    ck_assert(read_all(download));
    ck_assert_uint_eq(got.length, LONG_BYTES);
    ck_assert(memcmp(got.bytes, text, LONG_BYTES) == 0);
    download_free(download);
    free(text);
}

TASK_TEST(an_empty_file_and_one_of_unknown_size_end, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.status = 200}, {.status = 200, .body = "{}\n", .chunked = true}};
    struct scripted_server *server = SERVE(steps);
    struct download *download;

    check_read(http, server, "");
    download = open_download(http, server, -1);
    ck_assert(read_all(download));
    ck_assert_str_eq(buf_str(&got), "{}\n");
    download_free(download);
}

/* ---- resumes ----------------------------------------------------------- */

/* Ways to lose the rest of "{0123456789}" after five bytes. */
static const struct scripted_step breaks[] = {
    {.status = 200,
     .headers = ETAG_A,
     .body = "{0123456789}",
     .ending = SCRIPTED_CUT,
     .stop_at = 5},
    {.status = 200,
     .headers = ETAG_A,
     .body = "{0123456789}",
     .ending = SCRIPTED_RESET,
     .stop_at = 5},
    {.status = 200,
     .headers = ETAG_A,
     .body = "{0123456789}",
     .ending = SCRIPTED_STALL,
     .stop_at = 5},
    {.status = 200,
     .headers = ETAG_A,
     .body = "{0123456789}",
     .chunked = true,
     .ending = SCRIPTED_CUT,
     .stop_at = 5},
    {.status = 200, .headers = ETAG_A, .body = "{0123"}, /* ends early */
};

enum { BREAKS = sizeof(breaks) / sizeof(breaks[0]) };

TASK_LOOP_TEST(a_broken_download_resumes_where_it_ended, STALL_MS)
{
    struct scripted_step steps[] = {
        breaks[row],
        {.status = 503, .headers = "Retry-After: 0.01\r\n"},
        {.expect = "\r\nRange: bytes=5-\r\nIf-Range: \"a\"\r\n",
         .status = 206,
         .headers = ETAG_A RANGE("5", "11", "12"),
         .body = "456789}"}};

    check_read(http, SERVE(steps), "{0123456789}");
}

TASK_TEST(progress_resets_the_count_of_tries, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.status = 500},
        {.status = 500},
        {.status = 200,
         .headers = ETAG_A,
         .body = "{}12",
         .ending = SCRIPTED_CUT,
         .stop_at = 1},
        {.status = 416},
        {.status = 416},
        {.status = 206,
         .headers = RANGE("1", "3", "4"),
         .body = "}12",
         .ending = SCRIPTED_CUT,
         .stop_at = 1},
        {.status = 500},
        {.status = 500},
        {.status = 206, .headers = RANGE("2", "3", "4"), .body = "12"}};

    check_read(http, SERVE(steps), "{}12");
}

TASK_TEST(a_page_instead_of_the_file_is_retried, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.status = 200, .body = "<?xml version='1.0'?>"},
        {.status = 200, .body = "{}\n"}};

    check_read(http, SERVE(steps), "{}\n");
}

TASK_TEST(a_weak_etag_is_not_used_as_validator, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.status = 200,
         .headers = "ETag: W/\"a\"\r\n",
         .body = "{}",
         .ending = SCRIPTED_CUT,
         .stop_at = 1},
        {.status = 206, .headers = RANGE("1", "1", "2"), .body = "}"}};
    struct scripted_server *server = SERVE(steps);

    check_read(http, server, "{}");
    ck_assert_ptr_null(strstr(scripted_server_request(server, 1), "If-Range"));
}

/* ---- must restart ------------------------------------------------------ */

static const struct scripted_step other_files[] = {
    {.status = 200, .headers = "ETag: \"b\"\r\n", .body = "{}34567"},
    {.status = 206,
     .headers = "ETag: \"b\"\r\n" RANGE("1", "6", "7"),
     .body = "}34567"},
    {.status = 206, .headers = ETAG_A, .body = "}34567"},
    {.status = 206, .headers = ETAG_A RANGE("0", "6", "7"), .body = "{}34567"},
    {.status = 206, .headers = ETAG_A RANGE("1", "7", "8"), .body = "}345678"},
};

enum { OTHER_FILES = sizeof(other_files) / sizeof(other_files[0]) };

TASK_LOOP_TEST(another_file_requires_a_restart, PATIENT_MS)
{
    struct scripted_step steps[] = {{.status = 200,
                                     .headers = ETAG_A,
                                     .body = "{}34567",
                                     .ending = SCRIPTED_CUT,
                                     .stop_at = 1},
                                    other_files[row]};

    check_fails(http, SERVE(steps), 7, ERR_TRANSIENT, "RESTART");
    ck_assert_str_eq(buf_str(&got), "{");
}

/* ---- fails ------------------------------------------------------------- */

TASK_TEST(three_tries_without_a_byte_end_the_download, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.status = 200, .headers = ETAG_A, .body = "{}"},
        {.status = 416},
        {.status = 500}, /* not counted: the storage fails, not the file */
        {.status = 416},
        {.status = 416}};

    check_fails(http, SERVE(steps), 5, ERR_FAILED, "TRUNCATED");
}

TASK_TEST(three_pages_end_the_download, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.status = 200, .body = "<html>"},
        {.status = 200, .body = "<html>"},
        {.status = 200, .body = "<html>"}};

    check_fails(http, SERVE(steps), 5, ERR_FAILED, "NOT_JSONL");
}

TASK_TEST(more_bytes_than_announced_are_an_error, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.status = 200, .body = "{}345"}};

    check_fails(http, SERVE(steps), 4, ERR_FAILED, "TOO_LONG");
}

TASK_TEST(an_expired_url_has_its_own_code, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.status = 400}, {.status = 403}, {.status = 404}, {.status = 410}};
    struct scripted_server *server = SERVE(steps);

    for (int i = 0; i < 4; i++)
        check_fails(http, server, 4, ERR_TRANSIENT, "URL_LAPSED");
}

TASK_TEST(a_redirect_is_refused, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.status = 307, .headers = "Location: https://b.example/?k=ecret\r\n"}};

    check_fails(http, SERVE(steps), 4, ERR_FAILED, "REDIRECTED");
    ck_assert_ptr_nonnull(strstr(err.message, "b.example"));
}

TASK_TEST(an_encoding_that_was_not_requested_is_refused, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.status = 200, .headers = "Content-Encoding: gzip\r\n", .body = "?"}};

    check_fails(http, SERVE(steps), 4, ERR_FAILED, "ENCODING");
}

TASK_TEST(a_url_without_tls_is_refused, PATIENT_MS)
{
    struct download *download =
        download_new(http, "http://storage.example/x?Signature=secret", 4,
                     backoff_of(1, 5, PATIENT_MS), NULL);
    struct span chunk;

    ck_assert(!download_read(download, &chunk, &err));
    ck_assert_int_eq(err.kind, ERR_FAILED);
    ck_assert_str_eq(err.code, "URL_REFUSED");
    ck_assert_ptr_null(strstr(err.message, "secret"));
    download_free(download);
}

TASK_TEST(an_unreachable_storage_is_err_later, PATIENT_MS)
{
    struct download *download = download_new(http, "http://127.0.0.1:1/x", 4,
                                             backoff_of(1, 5, 100), NULL);
    struct span chunk;

    ck_assert(!download_read(download, &chunk, &err));
    ck_assert_int_eq(err.kind, ERR_LATER);
    download_free(download);
}

TASK_TEST(a_signal_ends_the_wait, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.status = 200, .body = "{}", .ending = SCRIPTED_STALL, .stop_at = 1}};

    stop_after_ms(30);
    check_fails(http, SERVE(steps), 2, ERR_STOPPED, "STOPPED");
}

/* ---- no token for the storage ------------------------------------------ */

TASK_TEST(the_storage_never_sees_the_token, PATIENT_MS)
{
    static const struct scripted_step store[] = {
        {.expect = "X-Shopify-Access-Token: shpat_x",
         .status = 200,
         .body = "{\"data\":{}}"}};
    static const struct scripted_step storage[] = {
        {.status = 200,
         .headers = ETAG_A,
         .body = "{}",
         .ending = SCRIPTED_CUT,
         .stop_at = 1},
        {.status = 206, .headers = RANGE("1", "1", "2"), .body = "}"}};
    struct scripted_server *files = SERVE(storage);
    struct session_config config = {.store = "acme",
                                    .base_url =
                                        scripted_server_url(SERVE(store)),
                                    .api_version = "2026-10",
                                    .token = "shpat_x"};
    struct session *session = session_new(http, &config);
    struct answer reply;
    struct arena arena = {0};

    ck_assert(session_query(session, "poll", "{a}", NULL, NULL, &arena, &reply,
                            &err));
    check_read(http, files, "{}");
    for (size_t i = 0; i < 2; i++) {
        const char *request = scripted_server_request(files, i);

        ck_assert_ptr_null(strcasestr(request, "shopify"));
        ck_assert_ptr_null(strstr(request, "shpat"));
    }
    arena_free(&arena);
    session_free(session);
}

static TCase *
good_tests(void)
{
    TCase *tests = tcase_create("succeeds");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_whole_file_is_read_byte_by_byte);
    tcase_add_test(tests, an_empty_file_and_one_of_unknown_size_end);
    tcase_add_loop_test(tests, a_broken_download_resumes_where_it_ended, 0,
                        BREAKS);
    tcase_add_test(tests, progress_resets_the_count_of_tries);
    tcase_add_test(tests, a_page_instead_of_the_file_is_retried);
    tcase_add_test(tests, a_weak_etag_is_not_used_as_validator);
    tcase_add_test(tests, the_storage_never_sees_the_token);
    return tests;
}

static TCase *
bad_tests(void)
{
    TCase *tests = tcase_create("fails");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, another_file_requires_a_restart, 0, OTHER_FILES);
    tcase_add_test(tests, three_tries_without_a_byte_end_the_download);
    tcase_add_test(tests, three_pages_end_the_download);
    tcase_add_test(tests, more_bytes_than_announced_are_an_error);
    tcase_add_test(tests, an_expired_url_has_its_own_code);
    tcase_add_test(tests, a_redirect_is_refused);
    tcase_add_test(tests, an_encoding_that_was_not_requested_is_refused);
    tcase_add_test(tests, a_url_without_tls_is_refused);
    tcase_add_test(tests, an_unreachable_storage_is_err_later);
    tcase_add_test(tests, a_signal_ends_the_wait);
    return tests;
}

int
main(void)
{
    Suite *suite = suite_create("download");

    suite_add_tcase(suite, good_tests());
    suite_add_tcase(suite, bad_tests());
    return suite_run(suite);
}
