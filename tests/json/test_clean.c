/* clean: text that yajl or PostgreSQL cannot take is replaced or found. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "json/clean.h"
#include "support/suite.h"

enum { LONGEST = 70, ROUNDS = 200000 };

static struct buf out;

static void
setup(void)
{
    out = buf_with_ceiling(1024);
}

static void
teardown(void)
{
    buf_free(&out);
}

static const struct {
    const char *json;
    const char *replaced;
    size_t bad;
} escapes[] = {
    {"", "", 0},
    {"\"plain\"", "\"plain\"", 0},
    {"\"\\u0041\\n\\\\\\/\"", "\"\\u0041\\n\\\\/\"", 0},
    {"\"gid:\\/\\/shopify\\/A\\/1\"", "\"gid://shopify/A/1\"", 0},
    {"\\/", "/", 0},
    {"\"\\\\/\"", "\"\\\\/\"", 0}, /* a backslash, and a slash */
    {"\"\\u0000\"", "\"\\ufffd\"", 1},
    {"\"a\\u0000b\\u0000\"", "\"a\\ufffdb\\ufffd\"", 2},
    {"\\u0000", "\\ufffd", 1},
    {"\"\\u0001\\u000a\"", "\"\\u0001\\u000a\"", 0},
    /* an escaped backslash does not escape the next character */
    {"\"\\\\u0000\"", "\"\\\\u0000\"", 0},
    {"\"\\\\\\u0000\"", "\"\\\\\\ufffd\"", 1},
    {"\"\\\\\\\\u0000\"", "\"\\\\\\\\u0000\"", 0},
    {"\"\\\"\\u0000\"", "\"\\\"\\ufffd\"", 1},
    /* surrogates */
    {"\"\\ud83d\\ude00\"", "\"\\ud83d\\ude00\"", 0},
    {"\"\\uD83D\\uDE00\"", "\"\\uD83D\\uDE00\"", 0},
    {"\"\\uDBFF\\uDFFF\\ud800\\udc00\"", "\"\\uDBFF\\uDFFF\\ud800\\udc00\"", 0},
    {"\"\\ud83d\"", "\"\\ufffd\"", 1},
    {"\"\\uD83D\"", "\"\\ufffd\"", 1},
    {"\"\\ude00\"", "\"\\ufffd\"", 1},
    {"\"\\uDFFF\"", "\"\\ufffd\"", 1},
    {"\"\\ude00\\ud83d\"", "\"\\ufffd\\ufffd\"", 2},
    {"\"\\ud83d\\ud83d\\ude00\"", "\"\\ufffd\\ud83d\\ude00\"", 1},
    {"\"\\ud83d\\ude00\\ude00\"", "\"\\ud83d\\ude00\\ufffd\"", 1},
    {"\"\\ud83dx\\ude00\"", "\"\\ufffdx\\ufffd\"", 2},
    {"\"\\ud83d\\n\"", "\"\\ufffd\\n\"", 1},
    {"\"\\ud83d\\\\ude00\"", "\"\\ufffd\\\\ude00\"", 1},
    {"\"\\ud83d\\u0000\"", "\"\\ufffd\\ufffd\"", 2},
    {"\"\\ud7ff\\ue000\"", "\"\\ud7ff\\ue000\"", 0},
    {"{\"a\\u0000\":\"\\udfff\"}", "{\"a\\ufffd\":\"\\ufffd\"}", 2},
    /* at the end of the text */
    {"\\ud83d", "\\ufffd", 1},
    {"\\ud83d\\ude0", "\\ufffd\\ude0", 1},
    {"\\ud83d\\", "\\ufffd\\", 1},
    {"\\u000", "\\u000", 0},
    {"\\u", "\\u", 0},
    {"\\", "\\", 0},
    {"\\u00g0\\u0000", "\\u00g0\\ufffd", 1},
};

/* A copy without a NUL, so that sanitizers find reads after its end. */
static struct span
exactly(struct span text)
{
    char *exact = malloc(text.length + 1);

    memcpy(exact, text.bytes, text.length);
    return span_of(exact, text.length);
}

START_TEST(escapes_are_replaced)
{
    struct span json = exactly(span_str(escapes[_i].json));
    size_t replaced = 99, at;

    buf_append_str(&out, "what was there");
    ck_assert(clean_json(json, &out, &replaced, &at));
    ck_assert_str_eq(buf_str(&out), escapes[_i].replaced);
    ck_assert_uint_eq(replaced, escapes[_i].bad);
    free((char *)json.bytes);
}

END_TEST

/* Several bytes are compared together; each case is tried at every offset. */
START_TEST(the_result_does_not_depend_on_the_position)
{
    char text[LONGEST + 32], wanted[LONGEST + 32];

    for (size_t before = 0; before < LONGEST; before++) {
        struct span json;
        size_t replaced, at;

        memset(text, 'a', before);
        strcpy(text + before, "\t\\/\xc3\xa9\\u0000\x1f\x7f~");
        memset(wanted, 'a', before);
        strcpy(wanted + before, "\t/\xc3\xa9\\ufffd\x1f\x7f~");
        json = exactly(span_str(text));
        ck_assert(clean_json(json, &out, &replaced, &at));
        ck_assert_str_eq(buf_str(&out), wanted);
        ck_assert_uint_eq(replaced, 1);
        free((char *)json.bytes);
    }
}

END_TEST

static const struct span wrong[] = {{"", 1},
                                    {"\x80", 1},
                                    {"\xc0\x80", 2},
                                    {"\xed\xa0\x80", 3},
                                    {"\xe2\x82", 2}};

START_TEST(the_first_wrong_byte_is_found)
{
    for (size_t before = 0; before < LONGEST; before++) {
        char text[LONGEST + 32] = "";
        size_t replaced, at = 0;

        memset(text, '/', before);
        memcpy(text + before, wrong[_i].bytes, wrong[_i].length);
        memcpy(text + before + wrong[_i].length, "\"0123456789abcdef", 17);
        ck_assert(!clean_json(span_of(text, before + wrong[_i].length + 17),
                              &out, &replaced, &at));
        ck_assert_uint_eq(at, before);
    }
}

END_TEST

/* Texts of random special characters: exactly those that are not UTF-8 are
 * refused, and no backslash remains before a slash. */
START_TEST(it_refuses_exactly_what_is_not_utf8)
{
    static const char alphabet[] =
        "\\\\\\/u0dfD8a \"\t\x01\xc3\xa9\xe2\x82\xac";
    unsigned seed = 1;

    for (int round = 0; round < ROUNDS; round++) {
        char text[LONGEST];
        size_t length, replaced, at, wrong_at;

        seed = seed * 1103515245 + 12345;
        length = seed >> 16 & 0x3f;
        for (size_t i = 0; i < length; i++) {
            seed = seed * 1103515245 + 12345;
            text[i] = alphabet[(seed >> 16) % (sizeof(alphabet) - 1)];
        }
        if (clean_json(span_of(text, length), &out, &replaced, &at)) {
            ck_assert(utf8_is_valid(buf_span(&out), &wrong_at));
            ck_assert(out.length <= length);
            if (clean_is_needless(span_of(text, length)))
                ck_assert(span_equal(buf_span(&out), span_of(text, length)));
        } else {
            ck_assert(!utf8_is_valid(span_of(text, length), &wrong_at));
            ck_assert_uint_eq(at, wrong_at);
        }
    }
}

END_TEST

START_TEST(plain_text_needs_none)
{
    ck_assert(clean_is_needless(span_str("{\"a\":\"\xc3\xa9 /\"}")));
    ck_assert(clean_is_needless(span_str("")));
    ck_assert(!clean_is_needless(span_str("{\"a\":\"\\u0000\"}")));
    ck_assert(!clean_is_needless(span_of("{\0}", 3)));
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("clean");
    TCase *tests = tcase_create("clean");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, escapes_are_replaced, 0, COUNT(escapes));
    tcase_add_test(tests, the_result_does_not_depend_on_the_position);
    tcase_add_loop_test(tests, the_first_wrong_byte_is_found, 0, COUNT(wrong));
    tcase_add_test(tests, plain_text_needs_none);
    tcase_add_test(tests, it_refuses_exactly_what_is_not_utf8);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
