/* masked: the bytes of masked values; errors that do not quote them. */
#include <check.h>
#include <string.h>

#include "load/masked.h"
#include "support/hex.h"
#include "support/suite.h"

/* HMAC-SHA-256 of "ann@example.com" with the key "Jefe" begins so. */
#define ANN "ad015553dce19389320588aa685d0ace"

static struct arena arena;
static struct shape shape;
static struct record *record;
static struct buf out;
static struct hmac_key key;
static struct err err;

static void
setup(void)
{
    arena = (struct arena){0};
    memset(&err, 0, sizeof(err));
    out = buf_with_ceiling(4096);
    hmac_prepare(&key, span_str("Jefe"));
    shape_init(&shape, &arena);
    shape_add(&shape, &shape.root, "v");
    shape_number(&shape);
    record = record_new(&shape);
}

static void
teardown(void)
{
    record_free(record);
    arena_free(&arena);
    buf_free(&out);
}

static const struct record_value *
value_of(const char *json)
{
    const char *line =
        json[0] != '\0' ? arena_printf(&arena, "{\"v\":%s}", json) : "{}";

    if (!record_parse(record, span_str(line), &err))
        ck_abort_msg("%s", err.message);
    return record_get(record, 0);
}

static bool
put(enum plan_mask mask, const char *json)
{
    struct plan_column column = {.mask = mask};

    return masked_put(&out, &column, &key, value_of(json), &err);
}

static const struct {
    enum plan_mask mask;
    const char *json;
    const char *text; /* NULL: NULL */
} texts[] = {
    {PLAN_MASK_HASH, "\"ann@example.com\"", ANN},
    {PLAN_MASK_HASH, "\"\\u0061nn@example.com\"", ANN},
    {PLAN_MASK_HASH, "null", NULL},
    {PLAN_MASK_HASH, "", NULL},
    {PLAN_MASK_NULL, "\"ann@example.com\"", NULL},
    {PLAN_MASK_NULL, "{\"a\":1}", NULL},
    {PLAN_MASK_DOMAIN, "\"ann@example.com\"", "example.com"},
    {PLAN_MASK_DOMAIN, "\"a@b@Example.COM\"", "Example.COM"},
    {PLAN_MASK_DOMAIN, "\"Ann <ann@example.com>\"", "example.com"},
    {PLAN_MASK_DOMAIN, "\"ann@example.com (Ann Lee)\"", "example.com"},
    {PLAN_MASK_DOMAIN, "\"ann@m\u00fcller.de\"", "m\u00fcller.de"},
    {PLAN_MASK_DOMAIN, "\"https://u:pw@a-1.example/b/c?d=e\"", "a-1.example"},
    {PLAN_MASK_DOMAIN, "\"ann@example.com:b\"", "example.com"},
    {PLAN_MASK_DOMAIN, "\"ann@example.com?b=c\"", "example.com"},
    {PLAN_MASK_DOMAIN, "\"ann@example.com#b\"", "example.com"},
    {PLAN_MASK_DOMAIN, "\"ann@example.com&b\"", "example.com"},
    {PLAN_MASK_DOMAIN, "\"ann@example.com%20b\"", "example.com"},
    {PLAN_MASK_DOMAIN, "\"ann@example.com\\u0000b\"", "example.com"},
    {PLAN_MASK_DOMAIN, "\"ann\"", NULL},
    {PLAN_MASK_DOMAIN, "\"ann@\"", NULL},
    {PLAN_MASK_DOMAIN, "\"ann@ lee\"", NULL},
    {PLAN_MASK_DOMAIN, "\"\"", NULL},
    {PLAN_MASK_DOMAIN, "12", NULL},
    {PLAN_MASK_DOMAIN, "null", NULL},
};

START_TEST(a_text_is_masked)
{
    const char *text = texts[_i].text;

    ck_assert_msg(put(texts[_i].mask, texts[_i].json), "%s", err.message);
    if (text == NULL) {
        ck_assert_str_eq(hex_groups(buf_span(&out), 4), "ffffffff");
        return;
    }
    ck_assert_uint_eq(out.length, strlen(text) + 4);
    ck_assert_uint_eq((unsigned char)out.bytes[3], strlen(text));
    ck_assert_int_eq(memcmp(out.bytes + 4, text, strlen(text)), 0);
}

END_TEST

static const struct {
    const char *date;
    const char *bytes;
} years[] = {
    {"\"1990-05-17\"", "00000004 000007c6"},
    {"\"1999-12-31\"", "00000004 000007cf"},
    {"\"2000-01-01\"", "00000004 000007d0"},
    {"\"2000-02-29\"", "00000004 000007d0"},
    {"\"2000-12-31\"", "00000004 000007d0"},
    {"\"2001-01-01\"", "00000004 000007d1"},
    {"\"1900-03-01\"", "00000004 0000076c"},
    {"\"1600-02-29\"", "00000004 00000640"},
    {"\"2024-12-31T23:59:59Z\"", "00000004 000007e8"},
    {"\"2024-12-31T23:59:59-05:00\"", "00000004 000007e9"},
    {"null", "ffffffff"},
};

START_TEST(of_a_date_only_the_year_is_left)
{
    ck_assert_msg(put(PLAN_MASK_YEAR, years[_i].date), "%s", err.message);
    ck_assert_str_eq(hex_groups(buf_span(&out), 4), years[_i].bytes);
}

END_TEST

static const struct {
    enum plan_mask mask;
    const char *json;
    const char *message;
} faults[] = {
    {PLAN_MASK_YEAR, "\"Secret\"", "the value is not a date"},
    {PLAN_MASK_YEAR, "\"1990-13-01Secret\"", "the value is not a date"},
    {PLAN_MASK_YEAR, "19900517", "the value is not a date"},
    {PLAN_MASK_YEAR, "{\"Secret\":1}", "an object is not a single value"},
    {PLAN_MASK_HASH, "[\"Secret\"]", "a list is not a single value"},
    {PLAN_MASK_DOMAIN, "{\"a\":\"Secret@x\"}", "an object is not a single"},
};

START_TEST(an_error_does_not_quote_the_value)
{
    ck_assert(!put(faults[_i].mask, faults[_i].json));
    ck_assert_int_eq(err.kind, ERR_ROW);
    ck_assert_ptr_nonnull(strstr(err.message, faults[_i].message));
    ck_assert_ptr_null(strstr(err.message, "Secret"));
    ck_assert_ptr_null(strstr(err.message, "1990"));
}

END_TEST

/* What a table has already gets the same form. */
START_TEST(a_text_of_a_table_is_masked_alike)
{
    struct plan_column column = {.mask = PLAN_MASK_HASH};

    ck_assert(masked_text(&out, &column, &key, span_str("ann@example.com")));
    ck_assert_str_eq(buf_str(&out), ANN);
    buf_clear(&out);
    column.mask = PLAN_MASK_DOMAIN;
    ck_assert(!masked_text(&out, &column, &key, span_str("ann")));
    ck_assert(masked_text(&out, &column, &key, span_str("ann@x.org")));
    ck_assert_str_eq(buf_str(&out), "x.org");
    buf_clear(&out);
    column.mask = PLAN_MASK_YEAR;
    ck_assert(masked_text(&out, &column, &key, span_str("1990-05-17")));
    ck_assert_str_eq(buf_str(&out), "1990");
    ck_assert(!masked_text(&out, &column, &key, span_str("long ago")));
    column.mask = PLAN_MASK_NULL;
    ck_assert(!masked_text(&out, &column, &key, span_str("ann")));
}

END_TEST

START_TEST(another_key_has_another_check_value)
{
    struct hmac_key other;
    char one[MASKED_CHECK_BYTES], two[MASKED_CHECK_BYTES];

    hmac_prepare(&other, span_str("Jeff"));
    ck_assert_str_ne(masked_check(&key, one), masked_check(&other, two));
    ck_assert_uint_eq(strlen(one), 16);
    hmac_prepare(&other, span_str("Jefe"));
    ck_assert_str_eq(one, masked_check(&other, two));
}

END_TEST

static Suite *
masked_suite(void)
{
    Suite *suite = suite_create("masked");
    TCase *tests = tcase_create("masked");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, a_text_is_masked, 0, COUNT(texts));
    tcase_add_loop_test(tests, of_a_date_only_the_year_is_left, 0,
                        COUNT(years));
    tcase_add_loop_test(tests, an_error_does_not_quote_the_value, 0,
                        COUNT(faults));
    tcase_add_test(tests, a_text_of_a_table_is_masked_alike);
    tcase_add_test(tests, another_key_has_another_check_value);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(masked_suite());
}
