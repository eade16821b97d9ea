/* form: a file that a task provides, and the answers to it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/task.h"
#include "http/form.h"
#include "support/scripted_server.h"
#include "support/stop.h"
#include "support/suite.h"

enum { PATIENT_MS = 600000, STALL_MS = 200, LARGE_BYTES = 8 * 1000 * 1000 };

static struct http_head head;
static struct buf body;
static struct err err;

static void
setup(void)
{
    memset(&head, 0, sizeof(head));
    memset(&err, 0, sizeof(err));
    body = buf_with_ceiling(64);
}

static void
teardown(void)
{
    buf_free(&body);
}

/* A file of `count` pieces, each after a wait. */
struct file {
    struct span piece;
    int count;
    int64_t wait_ms;
    bool fails;
    int reads;
};

static bool
read_piece(void *ctx, struct span *chunk, struct err *why)
{
    struct file *file = ctx;

    file->reads++;
    if (file->wait_ms > 0)
        task_sleep_until(clock_after_ms(file->wait_ms));
    if (file->fails)
        return err_set(why, MSG_BUG, "no more lines");
    *chunk = file->count-- > 0 ? file->piece : span_of("", 0);
    return true;
}

static bool
post(struct http *http, const struct scripted_server *server, struct file *file,
     int64_t size)
{
    static const struct http_form_field fields[] = {
        {"Content-Type", "text/jsonl"}, {"key", "tmp/1/x.jsonl"}, {"acl", "p"}};
    char url[256];
    struct http_form form = {.url = url,
                             .fields = fields,
                             .field_count = 3,
                             .file_name = "x.jsonl",
                             .file_type = "text/jsonl",
                             .file_size = size,
                             .read = read_piece,
                             .ctx = file};

    snprintf(url, sizeof(url), "%s/", scripted_server_url(server));
    return http_form_post(http, &form, &head, &body, &err);
}

TASK_TEST(the_fields_come_in_their_order_and_the_file_last, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.expect = "POST / HTTP/1.1\r\n",
         .status = 201,
         .headers = "ETag: \"abc\"\r\n",
         .body = "<ok/>"}};
    struct scripted_server *server = SERVE(steps);
    struct file file = {.piece = span_str("{\"a\":1}\n"), .count = 3};
    const char *request, *type, *key, *acl, *last;

    ck_assert_msg(post(http, server, &file, 24), "%s", err.message);
    ck_assert_int_eq(head.status, 201);
    ck_assert_str_eq(head.etag, "\"abc\"");
    ck_assert_str_eq(buf_str(&body), "<ok/>");
    request = scripted_server_request(server, 0);
    type = strstr(request, "name=\"Content-Type\"\r\n\r\ntext/jsonl\r\n");
    key = strstr(request, "name=\"key\"\r\n\r\ntmp/1/x.jsonl\r\n");
    acl = strstr(request, "name=\"acl\"\r\n\r\np\r\n");
    last = strstr(request, "name=\"file\"; filename=\"x.jsonl\"\r\n"
                           "Content-Type: text/jsonl\r\n\r\n"
                           "{\"a\":1}\n{\"a\":1}\n{\"a\":1}\n\r\n--");
    ck_assert(type != NULL && key > type && acl > key && last > acl);
    ck_assert_ptr_nonnull(strstr(request, "\r\nContent-Length: "));
    ck_assert_ptr_null(strstr(request, "Transfer-Encoding"));
    ck_assert_ptr_null(strstr(request, "Expect"));
}

TASK_TEST(a_slow_reader_pauses_the_transfer, STALL_MS)
{
    static const struct scripted_step steps[] = {{.status = 204}};
    struct file file = {
        .piece = span_str("0123456789"), .count = 4, .wait_ms = STALL_MS * 2};

    ck_assert_msg(post(http, SERVE(steps), &file, 40), "%s", err.message);
    ck_assert_int_eq(head.status, 204);
    ck_assert_int_eq(file.reads, 4);
}

TASK_TEST(a_large_file_arrives_whole, PATIENT_MS)
{
    enum { PIECE = 250 * 1000, PIECES = 12 };
    static const struct scripted_step steps[] = {{.status = 201}};
    char *piece = mem_alloc(PIECE);
    struct scripted_server *server = SERVE(steps);
    struct file file = {.piece = span_of(piece, PIECE), .count = PIECES};
    const char *at;

    memset(piece, 'x', PIECE);
    ck_assert_msg(post(http, server, &file, (int64_t)PIECE * PIECES), "%s",
                  err.message);
    at = strstr(scripted_server_request(server, 0), "jsonl\r\n\r\nx");
    ck_assert_ptr_nonnull(at);
    ck_assert_uint_eq(strspn(at + 9, "x"), (size_t)PIECE * PIECES);
    free(piece);
}

/* The server answers early and closes, as a storage does with a file that is
 * too large. */
TASK_TEST(a_refusal_counts_although_sending_failed, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.status = 400,
         .body = "<Error><Code>EntityTooLarge</Code></Error>",
         .early_at = 3000}};
    char *piece = mem_alloc(LARGE_BYTES);
    struct file file = {.piece = span_of(piece, LARGE_BYTES), .count = 1};

    ck_assert_msg(post(http, SERVE(steps), &file, LARGE_BYTES), "%s",
                  err.message);
    ck_assert_int_eq(head.status, 400);
    free(piece);
}

TASK_TEST(an_answer_beyond_the_ceiling_is_cut, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.status = 403,
         .body = "0123456789012345678901234567890123456789012345678901234567890"
                 "1234567890123456789"}};
    struct file file = {.piece = span_str("a\n"), .count = 1};

    ck_assert(post(http, SERVE(steps), &file, 2));
    ck_assert_int_eq(head.status, 403);
    ck_assert_uint_eq(body.length, 64);
}

static const struct {
    struct scripted_step step;
    const char *code;
} losses[] = {
    {{.status = 0}, "ANSWER_LOST"},
    {{.status = 201, .body = "abc", .ending = SCRIPTED_CUT, .stop_at = 1},
     "ANSWER_LOST"},
    {{.raw = "HTTP/1.1 20"}, "ANSWER_LOST"},
};

TASK_LOOP_TEST(a_lost_answer_is_transient, PATIENT_MS)
{
    struct file file = {.piece = span_str("a\n"), .count = 1};

    ck_assert(!post(http, scripted_server_new(&losses[row].step, 1), &file, 2));
    ck_assert_int_eq(err.kind, ERR_TRANSIENT);
    ck_assert_str_eq(err.code, losses[row].code);
}

TASK_TEST(a_silent_server_is_a_stall, STALL_MS)
{
    static const struct scripted_step steps[] = {
        {.status = 201, .delay_ms = STALL_MS * 20}};
    struct file file = {.piece = span_str("a\n"), .count = 1};

    ck_assert(!post(http, SERVE(steps), &file, 2));
    ck_assert_int_eq(err.kind, ERR_TRANSIENT);
}

TASK_TEST(a_reader_that_fails_ends_the_request, PATIENT_MS)
{
    static const struct scripted_step steps[] = {{.status = 201}};
    struct scripted_server *server = SERVE(steps);
    struct file file = {.fails = true, .wait_ms = 1};

    ck_assert(!post(http, server, &file, 9));
    ck_assert_str_eq(err.message, "no more lines");
    ck_assert_uint_eq(scripted_server_requests(server), 0);
}

static const struct {
    int pieces;
    int64_t size;
    const char *words;
} lengths[] = {{1, 10, "fewer"}, {2, 7, "more"}};

TASK_LOOP_TEST(a_file_of_another_length_is_not_sent_whole, PATIENT_MS)
{
    static const struct scripted_step steps[] = {{.status = 201}};
    struct scripted_server *server = SERVE(steps);
    struct file file = {.piece = span_str("12345"),
                        .count = lengths[row].pieces};

    ck_assert(!post(http, server, &file, lengths[row].size));
    ck_assert_ptr_nonnull(strstr(err.message, lengths[row].words));
    ck_assert_uint_eq(scripted_server_requests(server), 0);
}

TASK_TEST(a_stop_ends_an_upload, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        {.status = 201, .delay_ms = PATIENT_MS}};
    struct file file = {.piece = span_str("a\n"), .count = 1};

    stop_after_ms(30);
    ck_assert(!post(http, SERVE(steps), &file, 2));
    ck_assert_int_eq(err.kind, ERR_STOPPED);
}

TASK_TEST(an_http_url_is_refused, PATIENT_MS)
{
    struct file file = {.piece = span_str("a\n"), .count = 1};
    struct http_form form = {.url = "http://storage.example/",
                             .file_name = "x",
                             .file_type = "text/jsonl",
                             .file_size = 2,
                             .read = read_piece,
                             .ctx = &file};

    ck_assert(!http_form_post(http, &form, &head, &body, &err));
    ck_assert_str_eq(err.code, "NOT_HTTPS");
}

int
main(void)
{
    Suite *suite = suite_create("form");
    TCase *tests = tcase_create("form");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_fields_come_in_their_order_and_the_file_last);
    tcase_add_test(tests, a_slow_reader_pauses_the_transfer);
    tcase_add_test(tests, a_large_file_arrives_whole);
    tcase_add_test(tests, a_refusal_counts_although_sending_failed);
    tcase_add_test(tests, an_answer_beyond_the_ceiling_is_cut);
    tcase_add_loop_test(tests, a_lost_answer_is_transient, 0, COUNT(losses));
    tcase_add_test(tests, a_silent_server_is_a_stall);
    tcase_add_test(tests, a_reader_that_fails_ends_the_request);
    tcase_add_loop_test(tests, a_file_of_another_length_is_not_sent_whole, 0,
                        COUNT(lengths));
    tcase_add_test(tests, a_stop_ends_an_upload);
    tcase_add_test(tests, an_http_url_is_refused);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
