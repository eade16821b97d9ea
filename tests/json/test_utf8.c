/* utf8: invalid bytes are found. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "support/suite.h"

/* A span of a literal, which may contain NUL bytes. */
#define BYTES(literal)                 \
    {                                  \
        (literal), sizeof(literal) - 1 \
    }

enum { UNICODE_END = 0x110000, LONGEST_PREFIX = 150 };

static const struct span valid[] = {
    BYTES(""),
    BYTES("plain ascii, more than eight bytes of it \x7f\x01\t"),
    BYTES("\xc2\x80"),
    BYTES("\xdf\xbf"),
    BYTES("\xe0\xa0\x80"),
    BYTES("\xe1\x80\x80"),
    BYTES("\xec\xbf\xbf"),
    BYTES("\xed\x80\x80"),
    BYTES("\xed\x9f\xbf"),
    BYTES("\xee\x80\x80"),
    BYTES("\xef\xbf\xbf"),
    BYTES("\xef\xbb\xbf"),
    BYTES("\xf0\x90\x80\x80"),
    BYTES("\xf1\x80\x80\x80"),
    BYTES("\xf3\xbf\xbf\xbf"),
    BYTES("\xf4\x8f\xbf\xbf"),
    BYTES("gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80 \xe2\x82\xac"),
};

START_TEST(well_formed_text_is_valid)
{
    size_t at = 99;

    ck_assert(utf8_is_valid(valid[_i], &at));
}

END_TEST

static const struct span invalid[] = {
    BYTES("\0"),
    BYTES("\x80"),
    BYTES("\xbf"),
    BYTES("\xc0\x80"), /* overlong */
    BYTES("\xc0\xaf"),
    BYTES("\xc1\xbf"),
    BYTES("\xe0\x80\x80"),
    BYTES("\xe0\x9f\xbf"),
    BYTES("\xf0\x80\x80\x80"),
    BYTES("\xf0\x8f\xbf\xbf"),
    BYTES("\xed\xa0\x80"), /* surrogates */
    BYTES("\xed\xad\xbf"),
    BYTES("\xed\xb0\x80"),
    BYTES("\xed\xbf\xbf"),
    BYTES("\xed\xa0\xbd\xed\xb8\x80"),
    BYTES("\xf4\x90\x80\x80"), /* above U+10FFFF */
    BYTES("\xf5\x80\x80\x80"),
    BYTES("\xf7\xbf\xbf\xbf"),
    BYTES("\xf8\x88\x80\x80\x80"),
    BYTES("\xfc\x84\x80\x80\x80\x80"),
    BYTES("\xfe"),
    BYTES("\xff"),
    BYTES("\xc2"), /* cut short */
    BYTES("\xe2\x82"),
    BYTES("\xe2"),
    BYTES("\xf0\x9f\x98"),
    BYTES("\xf0\x9f"),
    BYTES("\xf0"),
    BYTES("\xc2"
          "A"), /* a continuation byte is missing */
    BYTES("\xe2\x82"
          "A"),
    BYTES("\xe2"
          "A\xac"),
    BYTES("\xf0\x9f\x98"
          "A"),
    BYTES("\xf0\x9f"
          "A\x80"),
    BYTES("\xf0"
          "A\x98\x80"),
    BYTES("\xe2\x82\xe2\x82\xac"),
};

/* After any number of valid bytes, so that each position in a word of 8 bytes
 * is tried, and with valid bytes after it. */
START_TEST(the_first_wrong_byte_is_found_at_every_position)
{
    for (size_t before = 0; before <= LONGEST_PREFIX; before++) {
        char text[LONGEST_PREFIX + 64];
        size_t length = before + invalid[_i].length, at = 99;

        memset(text, 'a', sizeof(text));
        memcpy(text + before, invalid[_i].bytes, invalid[_i].length);
        ck_assert(!utf8_is_valid(span_of(text, length), &at));
        ck_assert_uint_eq(at, before);
        at = 99;
        ck_assert(!utf8_is_valid(span_of(text, length + 12), &at));
        ck_assert_uint_eq(at, before);
    }
}

END_TEST

static size_t
put_character(char *out, unsigned c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

START_TEST(every_code_point_but_nul_and_surrogates_is_valid)
{
    for (unsigned c = 0; c < UNICODE_END + 0x1000; c++) {
        char text[8];
        size_t at, length = put_character(text, c);
        bool good = c != 0 && c < UNICODE_END && (c < 0xd800 || c > 0xdfff);

        if (utf8_is_valid(span_of(text, length), &at) != good)
            ck_abort_msg("U+%04X", c);
    }
}

END_TEST

/* All pairs of bytes, compared with the rules of RFC 3629. */
START_TEST(every_pair_of_bytes_is_checked_as_the_rfc_says)
{
    for (unsigned a = 0; a < 256; a++) {
        for (unsigned b = 0; b < 256; b++) {
            char text[2] = {(char)a, (char)b};
            bool ascii = a > 0 && a < 0x80 && b > 0 && b < 0x80;
            bool two = a >= 0xc2 && a <= 0xdf && b >= 0x80 && b <= 0xbf;
            size_t at;

            if (utf8_is_valid(span_of(text, 2), &at) != (ascii || two))
                ck_abort_msg("%02x %02x", a, b);
        }
    }
}

END_TEST

/* ---- repaired texts ------------------------------------------------------ */

#define LOST "\xef\xbf\xbd"

static const struct {
    const char *text;
    const char *repaired;
} broken[] = {
    {"", ""},
    {"caf\xc3\xa9", "caf\xc3\xa9"},
    {"caf\xc3", "caf" LOST},
    {"\xe2\x82", LOST LOST},
    {"a\xf0\x9f\x98", "a" LOST LOST LOST},
    {"\xa9t\xc3\xa9", LOST "t\xc3\xa9"},
    {"a\xff"
     "b\xfe",
     "a" LOST "b" LOST},
    {"\xed\xa0\x80", LOST LOST LOST}, /* a surrogate */
    {"\xc0\xaf", LOST LOST},          /* an overlong form */
};

START_TEST(what_is_not_utf8_is_replaced)
{
    struct arena arena = {0};
    const char *repaired = utf8_repaired(&arena, broken[_i].text);
    size_t at;

    ck_assert_str_eq(repaired, broken[_i].repaired);
    ck_assert(utf8_is_valid(span_str(repaired), &at));
    arena_free(&arena);
}

END_TEST

/* A text of two, three and four bytes a character, cut at each byte. */
START_TEST(a_text_may_be_cut_anywhere)
{
    static const char whole[] = "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z";
    char cut[sizeof(whole)];

    for (size_t length = 0; length < sizeof(whole); length++) {
        struct arena arena = {0};
        size_t at;

        memcpy(cut, whole, length);
        cut[length] = '\0';
        ck_assert(utf8_is_valid(span_str(utf8_repaired(&arena, cut)), &at));
        arena_free(&arena);
    }
}

END_TEST

static Suite *
utf8_suite(void)
{
    Suite *suite = suite_create("utf8");
    TCase *tests = tcase_create("utf8");

    tcase_add_loop_test(tests, well_formed_text_is_valid, 0, COUNT(valid));
    tcase_add_loop_test(tests, the_first_wrong_byte_is_found_at_every_position,
                        0, COUNT(invalid));
    tcase_add_test(tests, every_code_point_but_nul_and_surrogates_is_valid);
    tcase_add_test(tests, every_pair_of_bytes_is_checked_as_the_rfc_says);
    tcase_add_loop_test(tests, what_is_not_utf8_is_replaced, 0, COUNT(broken));
    tcase_add_test(tests, a_text_may_be_cut_anywhere);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(utf8_suite());
}
