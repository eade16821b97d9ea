/* tandem: two threads parse lines as one thread would. */
#include <check.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/redact.h"
#include "json/clean.h"
#include "json/tandem.h"
#include "support/suite.h"

enum {
    LINES = 20000,
    LONG_LINE = 30 * 1024, /* more than a block takes */
    SPILL_BYTES = 64 * 1024 * 1024,
    NEVER = 1 << 30
};

static struct arena arena;
static struct shape shape;
static struct record *record;
static struct buf cleaned;
static struct buf seen;
static uint64_t taken;        /* lines */
static uint64_t parsed_ahead; /* of them, lines that were parsed ahead */
static uint64_t refuse_at;    /* the number of a line that is not taken */

static void
setup(void)
{
    struct shape_key *image;

    arena = (struct arena){0};
    shape_init(&shape, &arena);
    shape_add(&shape, &shape.root, "id");
    image = shape_add(&shape, &shape.root, "image");
    shape_add(&shape, image, "url");
    shape_add(&shape, &shape.root, "text");
    shape_add(&shape, &shape.root, "list");
    shape_number(&shape);
    record = record_new(&shape);
    cleaned = buf_with_ceiling(SPILL_BYTES);
    seen = buf_with_ceiling(SPILL_BYTES);
    taken = parsed_ahead = refuse_at = 0;
}

static void
teardown(void)
{
    record_free(record);
    buf_free(&cleaned);
    buf_free(&seen);
    arena_free(&arena);
}

/* ---- lines -------------------------------------------------------------- */

static const char *const patterns[] = {
    "{\"id\":\"gid:\\/\\/shopify\\/Product\\/%d\",\"text\":\"plain\"}",
    "{\"id\":%d,\"image\":{\"url\":\"https:\\/\\/x\",\"w\":1},\"list\":[1]}",
    "{\"id\":%d,\"text\":\"tab\\t \\\"quoted\\\" \\u00e9 \\u0000 \\ud800\"}",
    "{\"id\":%d,\"unknown\":true,\"text\":null}",
    "{\"text\":\"first\",\"id\":%d,\"text\":\"\",\"image\":{}}",
    "{\"id\":%d,\"text\":\"\xc3\xa9\xe2\x82\xac\"}",
    "{\"id\":%d,\"text\":\"not UTF-8: \xff\"}",
    "{\"id\":%d,\"text\":",
    "{\"id\":%d} and more",
    "not JSON %d",
    "{\"id\":%d,\"list\":[{\"a\":[]},\"]\"],\"image\":null}",
};

static size_t
write_line(char *text, size_t size, int i)
{
    unsigned seed = (unsigned)i * 2654435761u;
    size_t length;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    length = (size_t)snprintf(
        text, size, patterns[(seed >> 16) % (unsigned)COUNT(patterns)], i);
#pragma GCC diagnostic pop
    if (i % 997 == 0) {
        length = (size_t)snprintf(text, size, "{\"id\":%d,\"text\":\"", i);
        memset(text + length, 'x', LONG_LINE);
        length += LONG_LINE;
        memcpy(text + length, "\"}", 2);
        length += 2;
    }
    return length;
}

/* ---- what is taken ------------------------------------------------------ */

static void
describe_values(void)
{
    for (int slot = 0; slot < shape.slot_count; slot++) {
        const struct record_value *value = record_get(record, slot);

        if (value != NULL)
            buf_printf(&seen, " %d:%d [%.*s] %.*s", slot, (int)value->kind,
                       SPAN_ARG(value->text), SPAN_ARG(value->raw));
    }
    buf_printf(&seen, "%s\n", record_has_unknown_keys(record) ? " others" : "");
}

static bool
take(void *ctx, const struct line *line, const struct tandem_parsed *parsed,
     struct err *err)
{
    size_t replaced = 0, at;

    (void)ctx;
    if (line->number == refuse_at)
        return err_set(err, MSG_BUG, "refused");
    taken++;
    parsed_ahead += parsed != NULL;
    buf_printf(&seen, "%d %d %zu:", (int)line->number, (int)line->offset,
               line->text.length);
    if (parsed != NULL) {
        record_restore(record, parsed->values, parsed->count,
                       parsed->has_unknown_keys);
        replaced = parsed->replaced;
    } else if (line->too_long ||
               !clean_json(line->text, &cleaned, &replaced, &at) ||
               !record_parse(record, buf_span(&cleaned), err)) {
        buf_printf(&seen, " refused: %.*s\n",
                   (int)(line->text.length < 80 ? line->text.length : 80),
                   line->text.bytes);
        return true;
    }
    buf_printf(&seen, " %d", (int)replaced);
    describe_values();
    return true;
}

/* Feed lines first .. last - 1. */
static bool
feed(struct tandem *tandem, int first, int last, struct err *err)
{
    static char text[LONG_LINE + 1024];

    for (int i = first; i < last; i++) {
        struct line line = {.number = (uint64_t)i + 1,
                            .offset = (uint64_t)i * 10,
                            .too_long = i % 1999 == 5};

        line.text = span_of(text, write_line(text, sizeof(text), i));
        if (!tandem_line(tandem, &line, err))
            return false;
        memset(text, '#', line.text.length);
    }
    return true;
}

/* The text of all that was taken; the caller frees it. */
static char *
take_all(size_t after_bytes, int finish_every)
{
    struct tandem *tandem = tandem_new(&shape, after_bytes, take, NULL);
    struct err err;
    char *text;

    buf_clear(&seen);
    taken = parsed_ahead = 0;
    for (int i = 0; i < LINES; i += finish_every) {
        ck_assert(feed(tandem, i, i + finish_every, &err));
        ck_assert(tandem_finish(tandem, &err));
        ck_assert_uint_eq(taken, (uint64_t)(i + finish_every));
    }
    tandem_free(tandem);
    text = strdup(buf_str(&seen));
    ck_assert(!seen.overflowed);
    return text;
}

START_TEST(two_threads_parse_as_one_does)
{
    static const int finish_every[] = {LINES, LINES / 2, 100, 1};
    char *one, *two;

    one = take_all(NEVER, LINES);
    ck_assert_uint_eq(parsed_ahead, 0);
    for (int i = 0; i < COUNT(finish_every); i++) {
        two = take_all(0, finish_every[i]);
        ck_assert(parsed_ahead == 0 ||
                  parsed_ahead > LINES / 3); /* 0: there is one core */
        ck_assert_str_eq(one, two);
        free(two);
    }
    free(one);
}

END_TEST

/* Errors of the other thread would be redacted with them. Only the thread
 * sanitizer always notices that. */
START_TEST(secrets_may_change_while_lines_are_parsed)
{
    struct tandem *tandem = tandem_new(&shape, 0, take, NULL);
    struct err err;

    for (int i = 0; i < LINES; i += 20) {
        redact_learn("secret-one");
        redact_learn("secret-two");
        ck_assert(feed(tandem, i, i + 20, &err));
        redact_forget("secret-one");
        redact_forget("secret-two");
    }
    ck_assert(tandem_finish(tandem, &err));
    ck_assert_uint_eq(taken, LINES);
    ck_assert_ptr_nonnull(strstr(buf_str(&seen), " refused: not JSON"));
    tandem_free(tandem);
}

END_TEST

START_TEST(the_thread_starts_when_the_result_is_large)
{
    struct tandem *tandem = tandem_new(&shape, 100 * 1000, take, NULL);
    struct err err;

    ck_assert(feed(tandem, 1, 100, &err));
    ck_assert_uint_eq(taken, 99);
    ck_assert(feed(tandem, 100, LINES, &err));
    ck_assert(tandem_finish(tandem, &err));
    ck_assert_uint_eq(taken, LINES - 1);
    tandem_free(tandem);
}

END_TEST

/* Others may be reserved for other processes. */
START_TEST(one_core_has_one_thread)
{
    cpu_set_t before, one;

    ck_assert_int_eq(sched_getaffinity(0, sizeof(before), &before), 0);
    CPU_ZERO(&one);
    for (size_t i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++)
        if (CPU_ISSET(i, &before))
            CPU_SET(i, &one);
    ck_assert_int_eq(sched_setaffinity(0, sizeof(one), &one), 0);
    free(take_all(0, LINES));
    ck_assert_int_eq(sched_setaffinity(0, sizeof(before), &before), 0);
    ck_assert_uint_eq(parsed_ahead, 0);
}

END_TEST

START_TEST(a_line_that_is_not_taken_ends_the_work)
{
    struct tandem *tandem = tandem_new(&shape, 0, take, NULL);
    struct err err;

    refuse_at = 7000;
    ck_assert(!feed(tandem, 0, LINES, &err) || !tandem_finish(tandem, &err));
    ck_assert(err_is(&err, MSG_BUG));
    ck_assert_uint_eq(taken, 6999);
    tandem_free(tandem);
}

END_TEST

START_TEST(lines_that_nobody_takes_are_dropped)
{
    struct tandem *tandem = tandem_new(&shape, 0, take, NULL);
    struct err err;

    ck_assert(feed(tandem, 1, 500, &err));
    tandem_free(tandem);
    tandem_free(NULL);
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("tandem");
    TCase *tests = tcase_create("tandem");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, two_threads_parse_as_one_does);
    tcase_add_test(tests, secrets_may_change_while_lines_are_parsed);
    tcase_add_test(tests, the_thread_starts_when_the_result_is_large);
    tcase_add_test(tests, one_core_has_one_thread);
    tcase_add_test(tests, a_line_that_is_not_taken_ends_the_work);
    tcase_add_test(tests, lines_that_nobody_takes_are_dropped);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
