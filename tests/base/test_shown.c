/* shown, out: text from outside is escaped, and output is checked. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/out.h"
#include "base/shown.h"
#include "support/suite.h"

/* The text, and how it is shown as part of a line, as lines, and as JSON. */
static const struct {
    const char *text;
    const char *line;
    const char *lines;
    const char *json;
} cases[] = {
    {"", "", "", "\"\""},
    {"plain \\ \"x\"", "plain \\ \"x\"", "plain \\ \"x\"",
     "\"plain \\\\ \\\"x\\\"\""},
    {"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
     "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
     "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
     "\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\""},
    {"a\nb\tc", "a\\nb\\tc", "a\nb\tc", "\"a\\nb\\tc\""},
    {"a\rb", "a\\rb", "a\\rb", "\"a\\rb\""},
    {"\x1b]0;x\x07", "\\u001b]0;x\\u0007", "\\u001b]0;x\\u0007",
     "\"\\u001b]0;x\\u0007\""},
    {"\x7f", "\\u007f", "\\u007f", "\"\\u007f\""},
    {"\xc2\x9b", "\\u009b", "\\u009b", "\"\\u009b\""}, /* CSI */
    {"\xc2\x85", "\\u0085", "\\u0085", "\"\\u0085\""}, /* NEL */
    {"\xc2\xa0", "\xc2\xa0", "\xc2\xa0", "\"\xc2\xa0\""},
    {"\xd8\x9c", "\\u061c", "\\u061c", "\"\\u061c\""},
    {"\xe2\x80\x8f", "\\u200f", "\\u200f", "\"\\u200f\""},
    {"\xe2\x80\xa8", "\\u2028", "\\u2028", "\"\\u2028\""},
    {"\xe2\x80\xa9", "\\u2029", "\\u2029", "\"\\u2029\""},
    {"\xe2\x80\xae", "\\u202e", "\\u202e", "\"\\u202e\""},
    {"\xe2\x80\xaf", "\xe2\x80\xaf", "\xe2\x80\xaf", "\"\xe2\x80\xaf\""},
    {"\xe2\x81\xa6", "\\u2066", "\\u2066", "\"\\u2066\""},
    {"\xef\xbb\xbf", "\\ufeff", "\\ufeff", "\"\\ufeff\""},
    /* Not UTF-8: a single byte, C1, an overlong form, a surrogate, above
     * U+10FFFF, an incomplete character. */
    {"a\xff", "a\\xff", "a\\xff", "\"a\\ufffd\""},
    {"\x9b", "\\x9b", "\\x9b", "\"\\ufffd\""},
    {"\xc0\x9b", "\\xc0\\x9b", "\\xc0\\x9b", "\"\\ufffd\\ufffd\""},
    {"\xed\xa0\x80", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80",
     "\"\\ufffd\\ufffd\\ufffd\""},
    {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", "\\xf4\\x90\\x80\\x80",
     "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},
    {"\xe2\x80", "\\xe2\\x80", "\\xe2\\x80", "\"\\ufffd\\ufffd\""},
};

START_TEST(foreign_text_is_escaped)
{
    struct span text = span_str(cases[_i].text);
    struct buf line = buf_with_ceiling(200), lines = buf_with_ceiling(200);
    struct buf json = buf_with_ceiling(200);

    shown_append(&line, text);
    shown_append_lines(&lines, text);
    buf_append_json(&json, text);
    ck_assert_str_eq(buf_str(&line), cases[_i].line);
    ck_assert_str_eq(buf_str(&lines), cases[_i].lines);
    ck_assert_str_eq(buf_str(&json), cases[_i].json);
    ck_assert_int_eq(shown_is_safe(text),
                     strcmp(cases[_i].text, cases[_i].line) == 0);
    ck_assert(shown_is_safe(buf_span(&line)));
    ck_assert(shown_is_safe(buf_span(&json)));
    buf_free(&line);
    buf_free(&lines);
    buf_free(&json);
}

END_TEST

START_TEST(a_line_is_one_line)
{
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);

    out_line(file, "%s|%5d", "a\nb\x1b[m", 7);
    out_part(file, "%s", "c\n");
    out_line(file, "%s", "");
    out_lines(file, span_str("d\ne\x1b\n"));
    out_printf(file, "%s\n%s\n", "f", "\xe2\x80\xae");
    fclose(file);
    ck_assert_str_eq(text, "a\\nb\\u001b[m|    7\nc\\n\nd\ne\\u001b\n"
                           "f\n\\u202e\n");
    free(text);
    ck_assert_int_eq(out_errno(), 0);
}

END_TEST

/* The text is longer than the stream's buffer, so a write fails before the
 * flush. */
START_TEST(the_first_failed_write_is_remembered)
{
    ck_assert_ptr_nonnull(freopen("/dev/full", "w", stdout));
    for (int i = 0; i < 10000; i++)
        out_line(stdout, "%s", "more than fits");
    ck_assert_int_eq(out_errno(), ENOSPC);
    errno = EAGAIN;
    out_flush();
    ck_assert_int_eq(out_errno(), ENOSPC);
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("shown");
    TCase *all = tcase_create("all");

    tcase_add_loop_test(all, foreign_text_is_escaped, 0, COUNT(cases));
    tcase_add_test(all, a_line_is_one_line);
    tcase_add_test(all, the_first_failed_write_is_remembered);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
