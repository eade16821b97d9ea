/* http: whole answers, paused streams, and all kinds of failures. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/task.h"
#include "http/http.h"
#include "http/stream.h"
#include "http/url.h"
#include "support/scripted_server.h"
#include "support/stop.h"
#include "support/suite.h"

/* A stall that must happen takes STALL_MS. Nothing else in these tests comes
 * near to it, except where a reader pauses for longer than BRIEF_MS. */
enum {
    PATIENT_MS = 600000,
    STALL_MS = 2000,
    BRIEF_MS = 200,
    LONG_BYTES = 10 * 1000 * 1000
};

static struct http_head head;
static struct buf body;
static struct err err;

static void
setup(void)
{
    memset(&head, 0, sizeof(head));
    memset(&err, 0, sizeof(err));
    body = buf_with_ceiling(64 * 1024);
}

static void
teardown(void)
{
    buf_free(&body);
}

static bool
get(struct http *http, const char *base, const char *path, bool once)
{
    char url[256];
    struct http_request request = {.method = "GET", .url = url, .once = once};

    snprintf(url, sizeof(url), "%s%s", base, path);
    return http_fetch(http, &request, &head, &body, &err);
}

static struct http_stream *
open_stream(struct http *http, const char *base)
{
    char url[256];
    struct http_request request = {.method = "GET", .url = url};
    struct http_stream *stream = NULL;

    snprintf(url, sizeof(url), "%s/file?Signature=secret", base);
    ck_assert_msg(http_stream_open(http, &request, &stream, &err), "%s",
                  err.message);
    return stream;
}

/* ---- whole answers ----------------------------------------------------- */

TASK_TEST(a_request_arrives_and_its_answer_comes_back, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.expect = "POST /a/b?c=%2F HTTP/1.1\r\n",
         .status = 200,
         .headers = "x-REQUEST-id:  r-1 \r\nContent-Type: application/json\r\n"
                    "X-Shopify-API-Version: 2026-10\r\nRetry-After: 2.0\r\n",
         .body = "{\"a\":1}"}};
    struct scripted_server *server = SERVE(steps);
    const char *headers[] = {"X-Test: yes", NULL};
    char url[256];
    struct http_request request = {.method = "POST",
                                   .url = url,
                                   .headers = headers,
                                   .body = span_str("{\"q\":2}")};

    snprintf(url, sizeof(url), "%s/a/b?c=%%2F", scripted_server_url(server));
    ck_assert(http_fetch(http, &request, &head, &body, &err));
    ck_assert_int_eq(head.status, 200);
    ck_assert_str_eq(buf_str(&body), "{\"a\":1}");
    ck_assert_str_eq(head.request_id, "r-1");
    ck_assert_str_eq(head.api_version, "2026-10");
    ck_assert_str_eq(head.retry_after, "2.0");
    ck_assert_str_eq(head.location, "");
    ck_assert_ptr_nonnull(
        strstr(scripted_server_request(server, 0), "\r\nX-Test: yes\r\n"));
    ck_assert_ptr_nonnull(
        strstr(scripted_server_request(server, 0), "\r\n\r\n{\"q\":2}"));
    ck_assert_ptr_null(strstr(scripted_server_request(server, 0), "Expect"));
}

TASK_TEST(gzip_is_accepted_for_whole_answers, PATIENT_MS)
{
    static const char zipped[] =
        "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x07"
        "\x00\x86\xa6\x10\x36\x05\x00\x00\x00";
    static const struct scripted_step steps[] = {
        {.expect = "Accept-Encoding: gzip",
         .status = 200,
         .headers = "Content-Encoding: gzip\r\n",
         .body = zipped,
         .length = sizeof(zipped) - 1}};

    ck_assert(get(http, scripted_server_url(SERVE(steps)), "/", false));
    ck_assert_str_eq(buf_str(&body), "hello");
}

TASK_TEST(headers_of_an_interim_answer_are_dropped, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.raw = "HTTP/1.1 103 Early\r\nX-Request-ID: early\r\n"
                "ETag: \"early\"\r\n\r\n"
                "HTTP/1.1 201 Made\r\nX-Request-ID: late\r\n"
                "Content-Length: 2\r\n\r\nok"}};

    ck_assert(get(http, scripted_server_url(SERVE(steps)), "/", false));
    ck_assert_int_eq(head.status, 201);
    ck_assert_str_eq(head.request_id, "late");
    ck_assert_str_eq(head.etag, "");
    ck_assert_str_eq(buf_str(&body), "ok");
}

TASK_TEST(a_redirect_is_returned_as_the_answer, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.status = 302, .headers = "Location: http://127.0.0.1:1/else\r\n"}};
    struct scripted_server *server = SERVE(steps);

    ck_assert(get(http, scripted_server_url(server), "/", false));
    ck_assert_int_eq(head.status, 302);
    ck_assert_str_eq(head.location, "http://127.0.0.1:1/else");
    ck_assert_uint_eq(scripted_server_requests(server), 1);
}

TASK_TEST(an_answer_beyond_the_ceiling_is_refused_while_it_arrives, PATIENT_MS)
{
    char *large = mem_alloc(LONG_BYTES);
    struct scripted_step steps[] = {
        {.status = 200, .body = large, .length = LONG_BYTES}};
    struct scripted_server *server = SERVE(steps);

    ck_assert(!get(http, scripted_server_url(server), "/", false));
    ck_assert_int_eq(err.kind, ERR_FAILED);
    ck_assert_str_eq(err.code, "TOO_LARGE");
    task_sleep_until(clock_after_ms(20));
    ck_assert_uint_lt(scripted_server_sent(server), LONG_BYTES);
    free(large);
}

TASK_TEST(connections_are_reused_except_for_once, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.status = 200}, {.status = 200}, {.status = 200}};
    struct scripted_server *server = SERVE(steps);

    ck_assert(get(http, scripted_server_url(server), "/1", false));
    ck_assert(get(http, scripted_server_url(server), "/2", false));
    ck_assert_uint_eq(scripted_server_connections(server), 1);
    ck_assert(get(http, scripted_server_url(server), "/3", true));
    ck_assert_uint_eq(scripted_server_connections(server), 2);
}

/* If the server closes a connection that was used before, curl sends the
 * request again, even a POST. This is why `once` exists. */
TASK_TEST(curl_does_not_repeat_a_request_that_is_sent_once, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.status = 200}, {.status = 0}, {.status = 200}, {.status = 0}};
    struct scripted_server *server = SERVE(steps);

    ck_assert(get(http, scripted_server_url(server), "/", false));
    ck_assert(get(http, scripted_server_url(server), "/", false));
    ck_assert_uint_eq(scripted_server_requests(server), 3);
    ck_assert(!get(http, scripted_server_url(server), "/", true));
    ck_assert_str_eq(err.code, "ANSWER_LOST");
    ck_assert_uint_eq(scripted_server_requests(server), 4);
}

/* ---- no answer --------------------------------------------------------- */

static void
check_lost(const char *code)
{
    ck_assert_int_eq(err.kind, ERR_TRANSIENT);
    ck_assert_str_eq(err.code, code);
    ck_assert_msg(strstr(err.message, "GET http://127.0.0.1:") != NULL, "%s",
                  err.message);
    ck_assert_msg(strstr(err.message, "secret") == NULL, "%s", err.message);
}

TASK_TEST(no_server_listens, PATIENT_MS)
{
    ck_assert(!get(http, "http://127.0.0.1:1", "/?key=secret", false));
    check_lost("NOT_SENT");
}

static const struct scripted_step losses[] = {
    {.status = 0},
    {.raw = "SSH-2.0-garbage\r\n"},
    {.raw = "HTTP/1.1 200 OK\r\nContent-Len"},
    {.status = 200, .body = "half of it", .ending = SCRIPTED_CUT, .stop_at = 4},
    {.status = 200,
     .body = "half of it",
     .ending = SCRIPTED_RESET,
     .stop_at = 4},
    {.status = 200,
     .body = "half of it",
     .ending = SCRIPTED_CUT,
     .stop_at = 4,
     .chunked = true},
    {.status = 200,
     .body = "half of it",
     .ending = SCRIPTED_STALL,
     .stop_at = 4}};

enum { LOSSES = sizeof(losses) / sizeof(losses[0]) };

TASK_LOOP_TEST(an_answer_is_lost, STALL_MS)
{
    struct scripted_server *server = scripted_server_new(&losses[row], 1);

    ck_assert(!get(http, scripted_server_url(server), "/?key=secret", false));
    check_lost("ANSWER_LOST");
}

TASK_TEST(a_late_answer_is_not_a_stall, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.status = 200, .delay_ms = BRIEF_MS, .body = "late"}};

    ck_assert(get(http, scripted_server_url(SERVE(steps)), "/", false));
    ck_assert_str_eq(buf_str(&body), "late");
}

TASK_TEST(a_signal_ends_the_wait, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.status = 200, .delay_ms = PATIENT_MS}};
    struct scripted_server *server = SERVE(steps);

    stop_after_ms(30);
    ck_assert(!get(http, scripted_server_url(server), "/", false));
    ck_assert_int_eq(err.kind, ERR_STOPPED);
}

/* The limits apply to the complete answer. */
TASK_TEST(an_answer_that_takes_too_long_fails, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.status = 200, .delay_ms = PATIENT_MS},
        {.status = 200, .delay_ms = PATIENT_MS},
        {.status = 200, .body = "in time"}};
    const char *url = scripted_server_url(SERVE(steps));
    struct http_request request = {.method = "GET", .url = url};

    http_set_timeouts(http, PATIENT_MS, 100);
    ck_assert(!http_fetch(http, &request, &head, &body, &err));
    check_lost("ANSWER_LOST");
    ck_assert_msg(strstr(err.message, "no complete answer within 100ms"), "%s",
                  err.message);
    http_set_timeouts(http, PATIENT_MS, 2 * PATIENT_MS);
    request.deadline_ms = clock_after_ms(100);
    ck_assert(!http_fetch(http, &request, &head, &body, &err));
    check_lost("ANSWER_LOST");
    request.deadline_ms = clock_after_ms(2 * PATIENT_MS);
    ck_assert(http_fetch(http, &request, &head, &body, &err));
}

/* The proxy does not get the request's headers. */
TASK_TEST(a_proxy_that_refuses, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.expect = "CONNECT store.invalid:443 HTTP/1.1\r\n", .status = 403}};
    struct scripted_server *server = SERVE(steps);
    const char *headers[] = {"X-Shopify-Access-Token: secret", NULL};
    struct http_request request = {
        .method = "GET", .url = "https://store.invalid/", .headers = headers};

    setenv("HTTPS_PROXY", scripted_server_url(server), 1);
    ck_assert(!http_fetch(http, &request, &head, &body, &err));
    unsetenv("HTTPS_PROXY");
    ck_assert_int_eq(err.kind, ERR_CONFIG);
    ck_assert_str_eq(err.code, "PROXY_REFUSED");
    ck_assert_ptr_null(strstr(scripted_server_request(server, 0), "secret"));
}

/* ---- URLs -------------------------------------------------------------- */

TASK_TEST(only_https_and_loopback_are_allowed, PATIENT_MS)
{
    const char *refused[] = {"http://example.com/",
                             "ftp://127.0.0.1/",
                             "http://127.0.0.1@example.com/",
                             "https://user:pw@example.com/",
                             "http://127.0.0.1.example.com/",
                             "file:///etc/passwd",
                             "example.com",
                             ""};
    const char *allowed[] = {
        "https://example.com/x?y", "http://127.0.0.1:8080/",
        "http://127.9.9.9/",       "http://[::1]:8080/",
        "HTTP://LOCALHOST/",       "http://localhost:1/"};

    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        ck_assert_msg(!url_is_allowed(refused[i]), "%s", refused[i]);
        ck_assert(!get(http, refused[i], "", false));
        ck_assert_int_eq(err.kind, ERR_CONFIG);
    }
    for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
        ck_assert_msg(url_is_allowed(allowed[i]), "%s", allowed[i]);
}

/* ---- streams ----------------------------------------------------------- */

static char *
long_text(void)
{
    char *text = mem_alloc(LONG_BYTES);
    uint32_t seed = 1;

    for (size_t i = 0; i < LONG_BYTES; i++) {
        seed = seed * 1664525 + 1013904223;
        text[i] = (char)(seed >> 24);
    }
    return text;
}

/* Read to the end, with a pause of `rest_ms` after every `every` bytes. */
static void
read_all(struct http_stream *stream, const char *text, size_t length,
         int64_t rest_ms, size_t every)
{
    size_t at = 0, rested = 0;
    struct span chunk;

    do {
        ck_assert_msg(http_stream_read(stream, &chunk, &err), "%s",
                      err.message);
        ck_assert_uint_le(chunk.length, length - at);
        ck_assert(memcmp(chunk.bytes, text + at, chunk.length) == 0);
        at += chunk.length;
        if (every > 0 && at - rested >= every) {
            rested = at;
            task_sleep_until(clock_after_ms(rest_ms));
        }
    } while (chunk.length > 0);
    ck_assert_uint_eq(at, length);
}

TASK_TEST(a_slow_reader_gets_every_byte, PATIENT_MS)
{
    char *text = long_text();
    struct scripted_step steps[] = {{.status = 200,
                                     .headers = "ETag: \"e\"\r\n",
                                     .body = text,
                                     .length = LONG_BYTES}};
    struct http_stream *stream =
        open_stream(http, scripted_server_url(SERVE(steps)));

    ck_assert_int_eq(http_stream_head(stream)->status, 200);
    ck_assert_str_eq(http_stream_head(stream)->etag, "\"e\"");
    read_all(stream, text, LONG_BYTES, 3, 400 * 1024);
    http_stream_close(stream);
    free(text);
}

TASK_TEST(a_chunked_body_is_whole, PATIENT_MS)
{
    char *text = long_text();
    struct scripted_step steps[] = {
        {.status = 200, .body = text, .length = 700000, .chunked = true}};
    struct http_stream *stream =
        open_stream(http, scripted_server_url(SERVE(steps)));

    read_all(stream, text, 700000, 0, 0);
    http_stream_close(stream);
    free(text);
}

/* The server can send until the kernel's buffers are full, but no more. */
TASK_TEST(a_stream_without_a_reader_pauses_and_does_not_stall, BRIEF_MS)
{
    char *text = long_text();
    struct scripted_step steps[] = {
        {.status = 200, .body = text, .length = LONG_BYTES}};
    struct scripted_server *server = SERVE(steps);
    struct http_stream *stream = open_stream(http, scripted_server_url(server));
    size_t sent;

    task_sleep_until(clock_after_ms(2 * BRIEF_MS));
    sent = scripted_server_sent(server);
    task_sleep_until(clock_after_ms(2 * BRIEF_MS));
    ck_assert_uint_eq(scripted_server_sent(server), sent);
    ck_assert_uint_lt(sent, LONG_BYTES);
    read_all(stream, text, LONG_BYTES, 3 * BRIEF_MS, LONG_BYTES / 2);
    http_stream_close(stream);
    free(text);
}

TASK_TEST(a_broken_stream_first_returns_the_bytes_that_arrived, STALL_MS)
{
    static const struct scripted_step steps[] = {{.status = 200,
                                                  .body = "half of it",
                                                  .ending = SCRIPTED_CUT,
                                                  .stop_at = 4},
                                                 {.status = 200,
                                                  .body = "half of it",
                                                  .ending = SCRIPTED_STALL,
                                                  .stop_at = 4}};
    struct scripted_server *server = SERVE(steps);

    for (int i = 0; i < 2; i++) {
        struct http_stream *stream =
            open_stream(http, scripted_server_url(server));
        struct span chunk;

        ck_assert(http_stream_read(stream, &chunk, &err));
        ck_assert(span_is(chunk, "half"));
        ck_assert(!http_stream_read(stream, &chunk, &err));
        check_lost("ANSWER_LOST");
        http_stream_close(stream);
    }
}

TASK_TEST(an_empty_stream_just_ends, PATIENT_MS)
{
    static const struct scripted_step steps[] = {{.status = 200}};
    struct http_stream *stream =
        open_stream(http, scripted_server_url(SERVE(steps)));

    read_all(stream, "", 0, 0, 0);
    read_all(stream, "", 0, 0, 0); /* it stays at the end */
    http_stream_close(stream);
}

TASK_TEST(streams_request_no_compression, PATIENT_MS)
{
    static const struct scripted_step steps[] = {{.status = 200}};
    struct scripted_server *server = SERVE(steps);

    http_stream_close(open_stream(http, scripted_server_url(server)));
    ck_assert_ptr_null(
        strstr(scripted_server_request(server, 0), "Accept-Encoding"));
}

TASK_TEST(a_stream_may_be_left_in_the_middle, PATIENT_MS)
{
    char *text = long_text();
    struct scripted_step steps[] = {{.status = 200,
                                     .body = text,
                                     .length = LONG_BYTES,
                                     .ending = SCRIPTED_STALL,
                                     .stop_at = LONG_BYTES / 2}};
    struct http_stream *stream =
        open_stream(http, scripted_server_url(SERVE(steps)));
    struct span chunk;

    ck_assert(http_stream_read(stream, &chunk, &err));
    task_sleep_until(clock_after_ms(20)); /* it is paused now */
    stop_after_ms(30);
    while (http_stream_read(stream, &chunk, &err))
        ck_assert_uint_gt(chunk.length, 0);
    ck_assert_int_eq(err.kind, ERR_STOPPED);
    http_stream_close(stream);
    free(text);
}

int
main(void)
{
    Suite *suite = suite_create("http");
    TCase *tests = tcase_create("http");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_request_arrives_and_its_answer_comes_back);
    tcase_add_test(tests, gzip_is_accepted_for_whole_answers);
    tcase_add_test(tests, headers_of_an_interim_answer_are_dropped);
    tcase_add_test(tests, a_redirect_is_returned_as_the_answer);
    tcase_add_test(tests,
                   an_answer_beyond_the_ceiling_is_refused_while_it_arrives);
    tcase_add_test(tests, connections_are_reused_except_for_once);
    tcase_add_test(tests, curl_does_not_repeat_a_request_that_is_sent_once);
    tcase_add_test(tests, no_server_listens);
    tcase_add_loop_test(tests, an_answer_is_lost, 0, LOSSES);
    tcase_add_test(tests, a_late_answer_is_not_a_stall);
    tcase_add_test(tests, a_signal_ends_the_wait);
    tcase_add_test(tests, an_answer_that_takes_too_long_fails);
    tcase_add_test(tests, a_proxy_that_refuses);
    tcase_add_test(tests, only_https_and_loopback_are_allowed);
    tcase_add_test(tests, a_slow_reader_gets_every_byte);
    tcase_add_test(tests, a_chunked_body_is_whole);
    tcase_add_test(tests, a_stream_without_a_reader_pauses_and_does_not_stall);
    tcase_add_test(tests, a_broken_stream_first_returns_the_bytes_that_arrived);
    tcase_add_test(tests, an_empty_stream_just_ends);
    tcase_add_test(tests, streams_request_no_compression);
    tcase_add_test(tests, a_stream_may_be_left_in_the_middle);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
