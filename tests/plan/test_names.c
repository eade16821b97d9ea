/* names: identifiers are derived from GraphQL names. */
#include <check.h>
#include <string.h>

#include "plan/names.h"
#include "support/suite.h"

static struct arena arena;

static void
setup(void)
{
    arena = (struct arena){0};
}

static void
teardown(void)
{
    arena_free(&arena);
}

static const struct {
    const char *name;
    const char *snake;
} snakes[] = {
    {"", ""},
    {"id", "id"},
    {"ID", "id"},
    {"A", "a"},
    {"Ab", "ab"},
    {"aB", "a_b"},
    {"createdAt", "created_at"},
    {"priceRangeV2", "price_range_v2"},
    {"HTMLBody", "html_body"},
    {"bodyHTML", "body_html"},
    {"bodyHtml", "body_html"},
    {"aHTMLBody", "a_html_body"},
    {"URLs", "ur_ls"},
    {"mySQLDatabase", "my_sql_database"},
    {"id2Foo", "id2_foo"},
    {"id2foo", "id2foo"},
    {"V2Price", "v2_price"},
    {"PRICE2", "price2"},
    {"A1B", "a1_b"},
    {"ABC", "abc"},
    {"ABCd", "ab_cd"},
    {"x9Y9z", "x9_y9z"},
    {"already_snake", "already_snake"},
    {"mixed_Case", "mixed_case"},
    {"mixed__HTMLCase", "mixed__html_case"},
    {"trailing_", "trailing_"},
    {"sku", "sku"},
};

START_TEST(words_of_a_name_are_separated_by_underscores)
{
    ck_assert_str_eq(name_snake_case(&arena, snakes[_i].name),
                     snakes[_i].snake);
}

END_TEST

static const struct {
    const char *name;
    const char *shortened;
} lengths[] = {
    {"short", "short"},
    {"a23456789_b23456789_c23456789_d23456789_e23456789_f23456789_123",
     "a23456789_b23456789_c23456789_d23456789_e23456789_f23456789_123"},
    /* the digest is that of: printf %s NAME | md5sum */
    {"a23456789_b23456789_c23456789_d23456789_e23456789_f23456789_1234",
     "a23456789_b23456789_c23456789_d23456789_e23456789_f234_5dd38102"},
    {"a23456789_b23456789_c23456789_d23456789_e23456789_f23456789_1235",
     "a23456789_b23456789_c23456789_d23456789_e23456789_f234_33c1de90"},
};

START_TEST(a_name_past_63_bytes_ends_in_its_digest)
{
    const char *name = name_shorten(&arena, lengths[_i].name);

    ck_assert_str_eq(name, lengths[_i].shortened);
    ck_assert_uint_le(strlen(name), NAME_BYTES_MAX);
}

END_TEST

START_TEST(the_digest_is_md5)
{
    char hex[NAME_DIGEST_BYTES];

    name_md5("", 0, hex);
    ck_assert_str_eq(hex, "d41d8cd98f00b204e9800998ecf8427e");
    name_md5("abc", 3, hex);
    ck_assert_str_eq(hex, "900150983cd24fb0d6963f7d28e17f72");
}

END_TEST

static const struct {
    const char *text;
    const char *identifier;
    const char *literal;
} quotes[] = {
    {"", "\"\"", "''"},
    {"plain", "\"plain\"", "'plain'"},
    {"select", "\"select\"", "'select'"},
    {"Big \xc3\x9f", "\"Big \xc3\x9f\"", "'Big \xc3\x9f'"},
    {"a\"b", "\"a\"\"b\"", "'a\"b'"},
    {"\"\"", "\"\"\"\"\"\"", "'\"\"'"},
    {"it's", "\"it's\"", "'it''s'"},
    {"'); DROP TABLE x; --", "\"'); DROP TABLE x; --\"",
     "'''); DROP TABLE x; --'"},
    {"a\\b", "\"a\\b\"", "'a\\b'"},
};

START_TEST(quotes_inside_are_doubled)
{
    struct buf sql = buf_with_ceiling(256);

    name_append_quoted(&sql, quotes[_i].text);
    ck_assert_str_eq(buf_str(&sql), quotes[_i].identifier);
    buf_clear(&sql);
    name_append_literal(&sql, quotes[_i].text);
    ck_assert_str_eq(buf_str(&sql), quotes[_i].literal);
    buf_free(&sql);
}

END_TEST

static Suite *
names_suite(void)
{
    Suite *suite = suite_create("names");
    TCase *tests = tcase_create("names");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, words_of_a_name_are_separated_by_underscores, 0,
                        COUNT(snakes));
    tcase_add_loop_test(tests, a_name_past_63_bytes_ends_in_its_digest, 0,
                        COUNT(lengths));
    tcase_add_test(tests, the_digest_is_md5);
    tcase_add_loop_test(tests, quotes_inside_are_doubled, 0, COUNT(quotes));
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(names_suite());
}
