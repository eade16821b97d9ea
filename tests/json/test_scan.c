/* scan: the structure of a JSON text, and strings as they are written. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "json/scan.h"
#include "support/suite.h"

static struct buf seen;
static struct err err;
static bool passes;
static bool stopped;
static uint64_t visits;    /* 0: NULL */
static const char *passed; /* the key of a value that is passed over */
static struct span last_key;

static void
setup(void)
{
    seen = buf_with_ceiling(4096);
    memset(&err, 0, sizeof(err));
    passes = stopped = false;
    visits = 0;
    passed = "skip";
    last_key = span_of("", 0);
}

static void
teardown(void)
{
    buf_free(&seen);
}

/* ---- what the visitor sees, as text -------------------------------------- */

static void
on_key(void *ctx, struct span key)
{
    (void)ctx;
    last_key = key;
    buf_printf(&seen, "%.*s:", SPAN_ARG(key));
    stopped = span_is(key, "stop");
    if (stopped)
        err_set(&err, MSG_BUG, "stopped");
}

static void
on_begin(void *ctx, enum json_kind kind)
{
    (void)ctx;
    passes = span_is(last_key, passed);
    buf_append_str(&seen, kind == JSON_OBJECT ? "{ " : "[ ");
}

static void
on_end(void *ctx, struct span source)
{
    (void)ctx;
    buf_printf(&seen, "%.*s ", SPAN_ARG(source));
}

static void
on_scalar(void *ctx, enum json_kind kind, struct span source)
{
    (void)ctx;
    buf_printf(&seen, "%d=%.*s ", (int)kind, SPAN_ARG(source));
}

static void
on_run(void *ctx, struct span source)
{
    (void)ctx;
    buf_printf(&seen, "<%.*s> ", SPAN_ARG(source));
}

static bool
scan(const char *text)
{
    struct scan_visitor visitor = {.on_key = on_key,
                                   .on_begin = on_begin,
                                   .on_end = on_end,
                                   .on_scalar = on_scalar,
                                   .on_run = on_run,
                                   .visits = visits != 0 ? &visits : NULL,
                                   .passes = &passes,
                                   .stopped = &stopped};

    return scan_text(span_str(text), &visitor, &err);
}

/* ---- structure ----------------------------------------------------------- */

static const struct {
    const char *text;
    const char *seen;
} texts[] = {
    {"1", "3=1 "},
    {" \"x\" ", "4=\"x\" "},
    {"[]", "[ [] "},
    {"{ }", "{ { } "},
    {"{\"a\":[1,\"x\",null]}",
     "{ a:[ 3=1 4=\"x\" 0=null [1,\"x\",null] {\"a\":[1,\"x\",null]} "},
    {"[true,\nfalse\t, -2.5e3 ,{}]",
     "[ 2=true 1=false 3=-2.5e3 { {} [true,\nfalse\t, -2.5e3 ,{}] "},
    {"{\"a\\\"b\" : \"c\\\\\"}",
     "{ a\\\"b:4=\"c\\\\\" {\"a\\\"b\" : \"c\\\\\"} "},
    {"[\"]\",\"}\"]", "[ 4=\"]\" 4=\"}\" [\"]\",\"}\"] "},
    {"{\"skip\":[1,{\"x\":\"]\\\"\"}],\"b\":2}",
     "{ skip:[ [1,{\"x\":\"]\\\"\"}] b:3=2 "
     "{\"skip\":[1,{\"x\":\"]\\\"\"}],\"b\":2} "},
    {"{\"skip\":{\"a\" [}]}", "{ skip:{ {\"a\" [}] {\"skip\":{\"a\" [}]} "},
    {"[\"\\u00zz\",1x]", "[ 4=\"\\u00zz\" 3=1x [\"\\u00zz\",1x] "},
};

START_TEST(every_value_has_its_place)
{
    ck_assert_msg(scan(texts[_i].text), "%s", err.message);
    ck_assert_str_eq(buf_str(&seen), texts[_i].seen);
}

END_TEST

static const struct {
    const char *text;
    int at;
} faults[] = {
    {"", 0},
    {" ", 1},
    {"[", 1},
    {"]", 0},
    {"[1", 2},
    {"[1 2]", 3},
    {"[1,]", 3},
    {"[,1]", 1},
    {"[1}", 2},
    {"{\"a\":1]", 6},
    {"{\"a\" 1}", 5},
    {"{\"a\":}", 5},
    {"{a:1}", 1},
    {"{\"a\":1,}", 7},
    {"{\"a\":1 \"b\":2}", 7},
    {"nul", 3},
    {"[truex]", 6},
    {"\"x", 1},
    {"\"x\\\"", 4},
    {"1 1", 2},
    {"[]]", 2},
    {"\"a\nb\"", 1},
    {"[\"0123456789abcdef\n\"]", 2},
    {"\f1", 0},
    {"{\"skip\":[", 9},
    {"{\"skip\":[\"]}", 12},
};

/* ---- runs ---------------------------------------------------------------- */

static const struct {
    const char *text;
    const char *seen; /* without the end of the object itself */
} runs[] = {
    {"{}", "{ "},
    {"{\"a\":1}", "{ <\"a\":1> "},
    {"{ \"a\" : \"x\" , \"c\":[1,{\"id\":2}],\n\"d\":{\"]\":\"}\"} }",
     "{ <\"a\" : \"x\" , \"c\":[1,{\"id\":2}],\n\"d\":{\"]\":\"}\"}> "},
    {"{\"id\":\"7\",\"a\":null,\"c\":true,\"id\":8,\"d\":-1}",
     "{ id:4=\"7\" <\"a\":null,\"c\":true> id:3=8 <\"d\":-1> "},
    {"{\"a\":1,\"__parentId\":2,\"c\":3}",
     "{ <\"a\":1> __parentId:3=2 <\"c\":3> "},
    {"{\"a\":1,\"bulkpg_t1\":2,\"body\":3}",
     "{ <\"a\":1> bulkpg_t1:3=2 <\"body\":3> "},
    {"{\"a\":1,\"a-b\":2,\"\":3,\"\\u0061\":4,\"c\":5}",
     "{ <\"a\":1> a-b:3=2 :3=3 \\u0061:3=4 <\"c\":5> "},
    {"{\"aNameOfMoreThan16Letters\":1,\"aNameOf16Letters\":2}",
     "{ <\"aNameOfMoreThan16Letters\":1,\"aNameOf16Letters\":2> "},
    {"{\"a\":\"\\\"}\",\"id\":{\"c\":1,\"d\":2}}",
     "{ <\"a\":\"\\\"}\"> id:{ <\"c\":1,\"d\":2> {\"c\":1,\"d\":2} "},
    {"{\"skip\":{\"a\":1},\"a\":1}", "{ <\"skip\":{\"a\":1},\"a\":1> "}};

START_TEST(members_that_need_no_visit_are_one_run)
{
    struct buf wanted = buf_with_ceiling(4096);

    visits = scan_key("id", 2);
    ck_assert_msg(scan(runs[_i].text), "%s", err.message);
    buf_printf(&wanted, "%s%s ", runs[_i].seen, runs[_i].text);
    ck_assert_str_eq(buf_str(&seen), buf_str(&wanted));
    buf_free(&wanted);
}

END_TEST

/* What is not valid is found in runs, too. */
static const char *const bad_runs[] = {"{\"a\":1,}",
                                       "{\"a\":1 \"c\":2}",
                                       "{\"a\":1,\"c\"}",
                                       "{\"a\":1,\"c\":}",
                                       "{\"a\" 1}",
                                       "{\"a\":x}",
                                       "{\"a\":\"x",
                                       "{\"a\":1",
                                       "{\"a\":1,",
                                       "{\"a\":[1}",
                                       "{\"a",
                                       "{\"a\":1,,\"c\":2}",
                                       "{,\"a\":1}",
                                       "{\"a\":1]",
                                       "{\"a\"",
                                       "{\"a\":\"x\ny\"}",
                                       "{\"a\":1,\"c\":",
                                       "{\"a\":tru}"};

START_TEST(a_run_must_be_valid)
{
    visits = scan_key("id", 2);
    ck_assert(!scan(bad_runs[_i]));
    ck_assert(err_is(&err, MSG_BAD_JSON));
}

END_TEST

START_TEST(errors_name_the_place)
{
    char message[64];

    snprintf(message, sizeof(message), "not valid JSON at byte %d",
             faults[_i].at);
    ck_assert(!scan(faults[_i].text));
    ck_assert(err_is(&err, MSG_BAD_JSON));
    ck_assert_str_eq(err.message, message);
}

END_TEST

/* Brackets, quotes and backslashes at every place of a step, in strings and
 * outside of them, after so many bytes. */
START_TEST(the_end_of_what_is_passed_over_is_found_at_every_place)
{
    static const char *const values[][2] = {
        {"[\"", "\",\"]}\",[[]],{}]"},
        {"{\"", "\\\"]\":[1],\"b\\\\\":\"}\"}"},
        {"[", "[\"\\\\\\\"]\"],\"{\"]"},
        {"{\"a\":\"", "[\",\"b\":[{\"}\":1}]}"}};
    char pad[200], value[300], text[340], expected[700];

    for (int length = 0; length < 140; length++) {
        memset(pad, _i == 2 ? ' ' : 'x', sizeof(pad));
        pad[length] = '\0';
        snprintf(value, sizeof(value), "%s%s%s", values[_i][0], pad,
                 values[_i][1]);
        snprintf(text, sizeof(text), "{\"skip\":%s,\"b\":2}", value);
        snprintf(expected, sizeof(expected), "{ skip:%c %s b:3=2 %s ", value[0],
                 value, text);
        buf_clear(&seen);
        ck_assert_msg(scan(text), "%s: %s", text, err.message);
        ck_assert_str_eq(buf_str(&seen), expected);
    }
}

END_TEST

START_TEST(the_visitor_ends_the_scan)
{
    ck_assert(!scan("{\"a\":1,\"stop\":2,\"b\":3}"));
    ck_assert_str_eq(buf_str(&seen), "{ a:3=1 stop:");
    ck_assert_str_eq(err.message, "stopped");
}

END_TEST

START_TEST(nesting_is_limited)
{
    char text[2 * JSON_MAX_DEPTH + 3];

    memset(text, '[', JSON_MAX_DEPTH);
    memset(text + JSON_MAX_DEPTH, ']', JSON_MAX_DEPTH);
    text[2 * JSON_MAX_DEPTH] = '\0';
    ck_assert(scan(text));
    memset(text, '[', JSON_MAX_DEPTH + 1);
    memset(text + JSON_MAX_DEPTH + 1, ']', JSON_MAX_DEPTH + 1);
    text[2 * JSON_MAX_DEPTH + 2] = '\0';
    ck_assert(!scan(text));
    ck_assert_str_eq(err.message,
                     "JSON nested deeper than 64 levels at byte 65");
}

END_TEST

/* ---- strings ------------------------------------------------------------- */

static const struct {
    const char *source;
    const char *text; /* NULL: it is not valid */
} strings[] = {
    {"\"\"", ""},
    {"\"gid://x/1\"", "gid://x/1"},
    {"\"gid:\\/\\/x\\/1\"", "gid://x/1"},
    {"\"\\u00e9\\n\\\"\"", "\xc3\xa9\n\""},
    {"\"\\q\"", NULL},
    {"\"\\u00z\"", NULL},
};

START_TEST(strings_are_decoded)
{
    struct buf room = buf_with_ceiling(64);
    struct span text;

    ck_assert(scan_string(span_str(strings[_i].source), &room, &text) ==
              (strings[_i].text != NULL));
    if (strings[_i].text != NULL)
        ck_assert_msg(span_is(text, strings[_i].text), "%.*s", SPAN_ARG(text));
    buf_free(&room);
}

END_TEST

START_TEST(a_string_may_be_too_long_for_its_room)
{
    struct buf room = buf_with_ceiling(2);
    struct span text;

    ck_assert(scan_string(span_str("\"abc\""), &room, &text));
    ck_assert(!scan_string(span_str("\"ab\\/\""), &room, &text));
    buf_free(&room);
}

END_TEST

static Suite *
scan_suite(void)
{
    Suite *suite = suite_create("scan");
    TCase *tests = tcase_create("scan");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, every_value_has_its_place, 0, COUNT(texts));
    tcase_add_loop_test(tests, members_that_need_no_visit_are_one_run, 0,
                        COUNT(runs));
    tcase_add_loop_test(tests, a_run_must_be_valid, 0, COUNT(bad_runs));
    tcase_add_loop_test(tests, errors_name_the_place, 0, COUNT(faults));
    tcase_add_loop_test(
        tests, the_end_of_what_is_passed_over_is_found_at_every_place, 0, 4);
    tcase_add_test(tests, the_visitor_ends_the_scan);
    tcase_add_test(tests, nesting_is_limited);
    tcase_add_loop_test(tests, strings_are_decoded, 0, COUNT(strings));
    tcase_add_test(tests, a_string_may_be_too_long_for_its_room);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(scan_suite());
}
