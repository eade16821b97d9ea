/* write: JSON appended to a buf. */
#include <check.h>

#include "json/write.h"
#include "support/suite.h"

static struct buf text;
static struct json_out *json;

static void
setup(void)
{
    text = buf_with_ceiling(200);
    json = json_out_new(&text);
}

static void
teardown(void)
{
    json_out_free(json);
    buf_free(&text);
}

START_TEST(members_and_elements_have_their_commas)
{
    json_out_open(json, '{');
    json_out_text(json, "a", "\"");
    json_out_text(json, "b", NULL);
    json_out_number(json, "c", -1);
    json_out_count(json, "d", -1);
    json_out_count(json, "e", 0);
    json_out_boolean(json, "f", true);
    json_out_key(json, "g");
    json_out_open(json, '[');
    json_out_string(json, "x");
    json_out_span(json, span_of("yz", 1));
    json_out_open(json, '{');
    json_out_close(json, '}');
    json_out_close(json, ']');
    json_out_close(json, '}');
    ck_assert_str_eq(buf_str(&text),
                     "{\"a\":\"\\\"\",\"b\":null,\"c\":-1,\"d\":null,"
                     "\"e\":0,\"f\":true,\"g\":[\"x\",\"y\",{}]}");
}

END_TEST

START_TEST(another_value_can_be_written)
{
    json_out_open(json, '{');
    json_out_key(json, "half");
    json_out_open(json, '[');
    buf_clear(&text);
    json_out_again(json);
    json_out_open(json, '[');
    json_out_integer(json, -5);
    json_out_close(json, ']');
    ck_assert_str_eq(buf_str(&text), "[-5]");
    buf_clear(&text);
    json_out_again(json);
    json_out_integer(json, 6);
    ck_assert_str_eq(buf_str(&text), "6");
}

END_TEST

START_TEST(json_values_are_written_unchanged)
{
    json_out_open(json, '[');
    json_out_raw(json, span_str("{\"a\": 1.50}"));
    json_out_raw(json, span_str("2, 3"));
    json_out_close(json, ']');
    ck_assert_str_eq(buf_str(&text), "[{\"a\": 1.50},2, 3]");
}

END_TEST

START_TEST(an_element_may_begin_a_line)
{
    json_out_open(json, '[');
    for (int i = 0; i < 2; i++) {
        json_out_line(json);
        json_out_string(json, "x");
    }
    json_out_line(json);
    json_out_close(json, ']');
    ck_assert_str_eq(buf_str(&text), "[\n\"x\",\n\"x\"\n]");
}

END_TEST

/* U+202E reverses the text on a terminal. */
START_TEST(characters_that_control_a_terminal_are_escaped)
{
    json_out_open(json, '[');
    json_out_string(json, "\x1b \xe2\x80\xae \xff \xc3\xa9 / \n");
    json_out_close(json, ']');
    ck_assert_str_eq(buf_str(&text),
                     "[\"\\u001b \\u202e \\ufffd \xc3\xa9 / \\n\"]");
}

END_TEST

START_TEST(json_is_appended_and_may_overflow)
{
    struct buf small = buf_with_ceiling(8);
    struct json_out *other;

    buf_append_str(&small, "x=");
    other = json_out_new(&small);
    json_out_open(other, '[');
    json_out_string(other, "a");
    ck_assert_str_eq(buf_str(&small), "x=[\"a\"");
    ck_assert(!small.overflowed);
    json_out_string(other, "bcd");
    json_out_close(other, ']');
    ck_assert(small.overflowed);
    json_out_free(other);
    buf_free(&small);
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("write");
    TCase *tests = tcase_create("write");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, members_and_elements_have_their_commas);
    tcase_add_test(tests, json_values_are_written_unchanged);
    tcase_add_test(tests, another_value_can_be_written);
    tcase_add_test(tests, an_element_may_begin_a_line);
    tcase_add_test(tests, characters_that_control_a_terminal_are_escaped);
    tcase_add_test(tests, json_is_appended_and_may_overflow);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
