/* scan: what is valid JSON, where it ends, and what a string means. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "json/scan.h"
#include "support/suite.h"

enum { LEVELS = 3, LONGEST = 64 };

static const char *const values[] = {
    "null",
    "true",
    "false",
    "0",
    "-0",
    "12",
    "-1.50",
    "1e5",
    "1E-5",
    "2.0e+10",
    "\"\"",
    "\"a\"",
    "\"a\\n\\\"\\\\\\/\\u00e9\"",
    "\"\x7f\xc3\xa9\xf0\x9f\x98\x80\"",
    "[]",
    "[ ]",
    "[1,\"]\",[2,[3]]]",
    "{}",
    "{ }",
    "{\"a\":1 , \"a\" : {\"b\":[ ]}\n}",
};

/* A value ends where it ends, whatever follows, and is not read further. */
START_TEST(a_value_ends_where_it_ends)
{
    static const char *const ends[] = {"", ",", "]", "}", " ", "x"};
    size_t length = strlen(values[_i]);

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        char text[LONGEST];
        struct scan scan = {.end = text + snprintf(text, sizeof(text), "%s%s",
                                                   values[_i], ends[i])};

        ck_assert_ptr_eq(scan_value(&scan, text, LEVELS), text + length);
        ck_assert_ptr_null(scan.too_deep);
    }
}

END_TEST

/* Only a number may have another one as its beginning. */
START_TEST(the_beginning_of_a_value_is_not_a_value)
{
    size_t length = strlen(values[_i]);
    bool is_number = strchr("-0123456789", values[_i][0]) != NULL;

    for (size_t end = 0; end < length && !is_number; end++) {
        struct scan scan = {.end = values[_i] + end};

        ck_assert_ptr_null(scan_value(&scan, values[_i], LEVELS));
    }
}

END_TEST

static const char *const not_values[] = {
    "nul",      "True",    "+1",         "-",           "-a",        ".5",
    "1.",       "1.e5",    "1e",         "1e+",         "'a'",       "\"a",
    "\"\\x\"",  "\"\\u12", "\"\\\"",     "\"\\u12g4\"", "\"\t\"",    "\"\x1f\"",
    "[1",       "[1,]",    "[,1]",       "[1 2]",       "[1}",       "{\"a\"}",
    "{\"a\":}", "{a:1}",   "{\"a\":1,}", "{1:1}",       "{\"a\" 1}", "",
    "]",        "\v1",
};

START_TEST(anything_else_is_not_a_value)
{
    struct scan scan = {.end = not_values[_i] + strlen(not_values[_i])};

    ck_assert_ptr_null(scan_value(&scan, not_values[_i], LEVELS));
    ck_assert_ptr_null(scan.too_deep);
}

END_TEST

START_TEST(levels_are_limited)
{
    static const char text[] = "[{\"a\":[[1]]}]";
    struct scan scan = {.end = text + strlen(text)};

    ck_assert_ptr_null(scan_value(&scan, text, LEVELS));
    ck_assert_ptr_eq(scan.too_deep, strstr(text, "[1"));
    ck_assert_ptr_eq(scan_value(&scan, text, LEVELS + 1), scan.end);
}

END_TEST

/* The end of a string is found at each place of a step, also if characters
 * follow that are not plain. */
START_TEST(a_string_of_any_length_is_found)
{
    for (size_t length = 0; length < LONGEST - 8; length++) {
        char text[LONGEST] = "\"";
        bool has_escapes = true;
        struct scan scan = {.end = text + length + 5};

        memset(text + 1, 'a', length);
        memcpy(text + 1 + length, "\"\\\x01\"", 4);
        ck_assert_ptr_eq(scan_string(&scan, text, &has_escapes),
                         text + length + 2);
        ck_assert(!has_escapes);
        memcpy(text + 1 + length, "\\\"\"x", 4);
        ck_assert_ptr_eq(scan_string(&scan, text, &has_escapes),
                         text + length + 4);
        ck_assert(has_escapes);
        text[1 + length] = '\x1f';
        ck_assert_ptr_null(scan_string(&scan, text, &has_escapes));
    }
}

END_TEST

static const struct {
    const char *text;
    const char *meaning;
} strings[] = {
    {"", ""},
    {"plain", "plain"},
    {"\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t"},
    {"a\\u0041b", "aAb"},
    {"\\u00e9\\u20AC", "\xc3\xa9\xe2\x82\xac"},
    {"\\ud83d\\ude00!", "\xf0\x9f\x98\x80!"},
    {"\\udbff\\udfff", "\xf4\x8f\xbf\xbf"},
    {"\\ud800", "\xef\xbf\xbd"},
    {"\\udc00x", "\xef\xbf\xbdx"},
    {"\\ud800\\u0041", "\xef\xbf\xbd\x41"},
    {"\\ud800\\n", "\xef\xbf\xbd\n"},
    {"\\ud800\\ud83d\\ude00", "\xef\xbf\xbd\xf0\x9f\x98\x80"},
};

START_TEST(escapes_are_decoded)
{
    char out[LONGEST];
    size_t length = scan_decode(span_str(strings[_i].text), out);

    ck_assert_uint_le(length, strlen(strings[_i].text));
    out[length] = '\0';
    ck_assert_str_eq(out, strings[_i].meaning);
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("scan");
    TCase *tcase = tcase_create("values");

    tcase_add_loop_test(tcase, a_value_ends_where_it_ends, 0,
                        sizeof(values) / sizeof(values[0]));
    tcase_add_loop_test(tcase, the_beginning_of_a_value_is_not_a_value, 0,
                        sizeof(values) / sizeof(values[0]));
    tcase_add_loop_test(tcase, anything_else_is_not_a_value, 0,
                        sizeof(not_values) / sizeof(not_values[0]));
    tcase_add_test(tcase, levels_are_limited);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("strings");
    tcase_add_test(tcase, a_string_of_any_length_is_found);
    tcase_add_loop_test(tcase, escapes_are_decoded, 0,
                        sizeof(strings) / sizeof(strings[0]));
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
