/* lines: the lines of a stream do not depend on the size of its chunks. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "json/lines.h"
#include "support/suite.h"

enum { CEILING = 24, MAX_LINES = 16, LONG_BYTES = 8 * 1024 * 1024 };

struct seen {
    char text[CEILING + 1];
    uint64_t number;
    uint64_t offset;
    bool too_long;
};

static struct seen seen[MAX_LINES];
static size_t seen_count;
static size_t fail_at; /* refuse line number `fail_at` */
static struct lines lines;
static struct err err;

/* Chunks of 1 to 31 bytes, and chunks larger than the texts here. */
static const int chunk_sizes[] = {
    1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,   16,   17,
    18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 4096, 16384};

static bool
record_line(void *ctx, const struct line *line, struct err *error)
{
    struct seen *one = &seen[seen_count];

    ck_assert_ptr_eq(ctx, seen);
    if (line->number == fail_at)
        return err_set(error, MSG_TRUNCATED, "sink said no");
    ck_assert_uint_lt(seen_count++, MAX_LINES);
    ck_assert_uint_le(line->text.length, CEILING);
    memcpy(one->text, line->text.bytes, line->text.length);
    one->text[line->text.length] = '\0';
    one->number = line->number;
    one->offset = line->offset;
    one->too_long = line->too_long;
    return true;
}

static void
setup(void)
{
    memset(seen, 0, sizeof(seen));
    memset(&err, 0, sizeof(err));
    seen_count = fail_at = 0;
    lines_init(&lines, CEILING, record_line, seen);
}

static void
teardown(void)
{
    lines_free(&lines);
}

/* Feed `text` in chunks of `size` bytes, then finish. Each chunk is in memory
 * of its own, so that sanitizers find reads after its end. */
static bool
read_all(const char *text, size_t size)
{
    struct span rest = span_str(text);

    while (rest.length > 0) {
        size_t take = rest.length < size ? rest.length : size;
        char *chunk = malloc(take);
        bool fed;

        memcpy(chunk, rest.bytes, take);
        fed = lines_feed(&lines, span_of(chunk, take), &err);
        free(chunk);
        if (!fed)
            return false;
        rest = span_tail(rest, take);
    }
    return lines_finish(&lines, &err);
}

static const struct {
    const char *text;
    struct seen lines[7]; /* the last one has the number 0 */
} streams[] = {
    {"", {{"", 0, 0, false}}},
    {"a\n", {{"a", 1, 0, false}}},
    {"a", {{"a", 1, 0, false}}},
    {"\n", {{"", 1, 0, false}}},
    {"\n\n\n", {{"", 1, 0, false}, {"", 2, 1, false}, {"", 3, 2, false}}},
    {"{\"a\":1}\n\n{\"b\":[2,3]}\r\nlast",
     {{"{\"a\":1}", 1, 0, false},
      {"", 2, 8, false},
      {"{\"b\":[2,3]}\r", 3, 9, false},
      {"last", 4, 22, false}}},
    {"\r\n \t\n\r",
     {{"\r", 1, 0, false}, {" \t", 2, 2, false}, {"\r", 3, 5, false}}},
    /* 23, 24 and 25 bytes; the ceiling is 24 */
    {"12345678901234567890123\n123456789012345678901234\n"
     "1234567890123456789012345\nx\n",
     {{"12345678901234567890123", 1, 0, false},
      {"123456789012345678901234", 2, 24, false},
      {"123456789012345678901234", 3, 49, true},
      {"x", 4, 75, false}}},
    {"\n12345678901234567890123456789012345678901234567890123456789\n\nb",
     {{"", 1, 0, false},
      {"123456789012345678901234", 2, 1, true},
      {"", 3, 61, false},
      {"b", 4, 62, false}}},
    {"1234567890123456789012345678901234567890",
     {{"123456789012345678901234", 1, 0, true}}},
    {"123456789012345678901234", {{"123456789012345678901234", 1, 0, false}}},
};

static void
assert_lines(const struct seen *expected, int chunk)
{
    size_t count = 0;

    while (expected[count].number != 0) {
        ck_assert_msg(seen_count > count, "chunk %d: %zu lines", chunk,
                      seen_count);
        ck_assert_str_eq(seen[count].text, expected[count].text);
        ck_assert_uint_eq(seen[count].number, expected[count].number);
        ck_assert_uint_eq(seen[count].offset, expected[count].offset);
        ck_assert_int_eq(seen[count].too_long, expected[count].too_long);
        count++;
    }
    ck_assert_msg(seen_count == count, "chunk %d: %zu lines", chunk,
                  seen_count);
}

START_TEST(same_lines_for_every_chunk_size)
{
    for (int i = 0; i < COUNT(chunk_sizes); i++) {
        teardown();
        setup();
        ck_assert(read_all(streams[_i].text, (size_t)chunk_sizes[i]));
        assert_lines(streams[_i].lines, chunk_sizes[i]);
        ck_assert_uint_eq(lines.offset, strlen(streams[_i].text));
    }
}

END_TEST

START_TEST(an_empty_chunk_changes_nothing)
{
    ck_assert(lines_feed(&lines, span_of("a", 1), &err));
    ck_assert(lines_feed(&lines, span_of("", 0), &err));
    ck_assert(lines_feed(&lines, span_of("b\n", 2), &err));
    ck_assert(lines_feed(&lines, span_of("", 0), &err));
    ck_assert(lines_finish(&lines, &err));
    ck_assert_uint_eq(seen_count, 1);
    ck_assert_str_eq(seen[0].text, "ab");
}

END_TEST

START_TEST(a_failure_is_returned_unchanged)
{
    fail_at = 2;
    ck_assert(!read_all("a\nb\nc\n", (size_t)_i));
    ck_assert_int_eq(err.kind, ERR_TRANSIENT);
    ck_assert_str_eq(err.code, "TRUNCATED");
    ck_assert_str_eq(err.message, "sink said no");
    ck_assert_uint_eq(seen_count, 1);
}

END_TEST

START_TEST(a_failure_at_the_last_line_is_returned)
{
    fail_at = 2;
    ck_assert(!read_all("a\nb", 16));
    ck_assert_str_eq(err.message, "sink said no");
}

END_TEST

static bool
accept_line(void *ctx, const struct line *line, struct err *error)
{
    (void)error;
    *(size_t *)ctx += line->text.length;
    return true;
}

/* Feed a line of `length` bytes in chunks. */
static void
feed_long_line(size_t length)
{
    static char chunk[16384];

    memset(chunk, 'x', sizeof(chunk));
    for (; length > 0; length -= sizeof(chunk))
        ck_assert(lines_feed(&lines, span_of(chunk, sizeof(chunk)), &err));
    ck_assert(lines_feed(&lines, span_of("\n", 1), &err));
}

START_TEST(memory_is_given_back_after_a_huge_line)
{
    size_t bytes = 0;

    lines_free(&lines);
    lines_init(&lines, 2 * (size_t)LONG_BYTES, accept_line, &bytes);
    feed_long_line(LONG_BYTES);
    ck_assert_uint_eq(bytes, LONG_BYTES);
    ck_assert_uint_le(lines.carry.capacity, 1024 * 1024);
    feed_long_line(16384);
    ck_assert_uint_eq(bytes, LONG_BYTES + 16384);
    lines_free(&lines);
    ck_assert_ptr_null(lines.carry.bytes);
}

END_TEST

START_TEST(a_line_beyond_the_ceiling_takes_no_memory)
{
    size_t bytes = 0;

    lines_free(&lines);
    lines_init(&lines, 1000, accept_line, &bytes);
    feed_long_line(LONG_BYTES);
    ck_assert_uint_eq(bytes, 1000);
    ck_assert_uint_le(lines.carry.capacity, 1000);
    ck_assert_uint_eq(lines.start, LONG_BYTES + 1);
}

END_TEST

/* A paged run continues its result in another process. */
START_TEST(a_stream_continues_where_it_ended)
{
    lines_continue(&lines, 7, 100);
    ck_assert(lines_feed(&lines, span_str("one\ntwo\n"), &err));
    ck_assert_uint_eq(seen_count, 2);
    ck_assert_uint_eq(seen[0].number, 7);
    ck_assert_uint_eq(seen[0].offset, 100);
    ck_assert_uint_eq(seen[1].number, 8);
    ck_assert_uint_eq(seen[1].offset, 104);
    ck_assert_uint_eq(lines.offset, 108);
}

END_TEST

static Suite *
lines_suite(void)
{
    Suite *suite = suite_create("lines");
    TCase *tests = tcase_create("lines");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, same_lines_for_every_chunk_size, 0,
                        COUNT(streams));
    tcase_add_test(tests, an_empty_chunk_changes_nothing);
    tcase_add_loop_test(tests, a_failure_is_returned_unchanged, 1, 8);
    tcase_add_test(tests, a_failure_at_the_last_line_is_returned);
    tcase_add_test(tests, memory_is_given_back_after_a_huge_line);
    tcase_add_test(tests, a_line_beyond_the_ceiling_takes_no_memory);
    tcase_add_test(tests, a_stream_continues_where_it_ended);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(lines_suite());
}
