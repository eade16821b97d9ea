/* encode: the bytes of each kind of JSON value in each type of column. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "load/encode.h"
#include "support/hex.h"
#include "support/suite.h"

static struct arena arena;
static struct shape shape;
static struct record *record;
static struct buf out;
static struct err err;

static void
setup(void)
{
    arena = (struct arena){0};
    memset(&err, 0, sizeof(err));
    out = buf_with_ceiling(4096);
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

/* The value of the JSON text; NULL if the text is empty. */
static const struct record_value *
value_of(const char *json)
{
    const char *line =
        json[0] != '\0' ? arena_printf(&arena, "{\"v\":%s}", json) : "{}";

    if (!record_parse(record, span_str(line), &err))
        ck_abort_msg("%s", err.message);
    return record_get(record, 0);
}

static const struct {
    enum plan_type type;
    const char *json;
    const char *bytes; /* length, value */
} values[] = {
    {PLAN_TEXT, "", "ffffffff"},
    {PLAN_TEXT, "null", "ffffffff"},
    {PLAN_TEXT, "\"\"", "00000000"},
    {PLAN_TEXT, "\"a\\u00e9b\"", "00000004 61c3a962"},
    {PLAN_TEXT, "12.50", "00000005 31322e35 30"},
    {PLAN_TEXT, "true", "00000004 74727565"},
    {PLAN_TEXT, "[1, 2]", "00000006 5b312c20 325d"},
    {PLAN_BIGINT, "null", "ffffffff"},
    {PLAN_BIGINT, "5", "00000008 00000000 00000005"},
    {PLAN_BIGINT, "\"-5\"", "00000008 ffffffff fffffffb"},
    {PLAN_BIGINT, "\"9223372036854775807\"", "00000008 7fffffff ffffffff"},
    {PLAN_INTEGER, "5.0", "00000004 00000005"},
    {PLAN_INTEGER, "\"-2147483648\"", "00000004 80000000"},
    {PLAN_NUMERIC, "\"12.50\"", "0000000c 00020000 00000002 000c1388"},
    {PLAN_NUMERIC, "-0.1", "0000000a 0001ffff 40000001 03e8"},
    {PLAN_NUMERIC, "null", "ffffffff"},
    {PLAN_DOUBLE, "1.5", "00000008 3ff80000 00000000"},
    {PLAN_DOUBLE, "\"-2\"", "00000008 c0000000 00000000"},
    {PLAN_BOOLEAN, "true", "00000001 01"},
    {PLAN_BOOLEAN, "false", "00000001 00"},
    {PLAN_BOOLEAN, "\"true\"", "00000001 01"},
    {PLAN_BOOLEAN, "\"false\"", "00000001 00"},
    {PLAN_TIMESTAMPTZ, "\"2000-01-01T00:00:01Z\"",
     "00000008 00000000 000f4240"},
    {PLAN_TIMESTAMPTZ, "\"1999-12-31T23:59:59Z\"",
     "00000008 ffffffff fff0bdc0"},
    {PLAN_DATE, "\"2000-01-02\"", "00000004 00000001"},
    {PLAN_DATE, "\"1999-12-31\"", "00000004 ffffffff"},
    {PLAN_JSONB, "null", "ffffffff"},
    {PLAN_JSONB, "{\"a\": 1}", "00000009 017b2261 223a2031 7d"},
    {PLAN_JSONB, "[]", "00000003 015b5d"},
    {PLAN_JSONB, "\"\\u0041\"", "00000009 01225c75 30303431 22"},
    {PLAN_JSONB, "1e2", "00000004 01316532"},
    {PLAN_UUID, "\"A0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\"",
     "00000010 a0eebc99 9c0b4ef8 bb6d6bb9 bd380a11"},
    {PLAN_UUID, "\"{a0ee-bc999c0b4ef8bb6d6bb9bd380a11}\"",
     "00000010 a0eebc99 9c0b4ef8 bb6d6bb9 bd380a11"},
    {PLAN_UUID, "null", "ffffffff"},
    {PLAN_MACADDR, "\"08:00:2b:01:02:03\"", "00000006 08002b01 0203"},
    {PLAN_MACADDR, "\"08-00-2B-01-02-03\"", "00000006 08002b01 0203"},
    {PLAN_MACADDR, "\"08002b:010203\"", "00000006 08002b01 0203"},
    {PLAN_MACADDR, "\"0800.2b01.0203\"", "00000006 08002b01 0203"},
    {PLAN_MACADDR, "\"08002b010203\"", "00000006 08002b01 0203"},
    {PLAN_INET, "\"10.0.0.1\"", "00000008 02200004 0a000001"},
    {PLAN_INET, "\"10.0.0.1/24\"", "00000008 02180004 0a000001"},
    {PLAN_INET, "\"::1/64\"",
     "00000014 03400010 00000000 00000000 00000000 00000001"},
    {PLAN_CIDR, "\"10.1.0.0/16\"", "00000008 02100104 0a010000"},
    {PLAN_CIDR, "\"2001:db8::/32\"",
     "00000014 03200110 20010db8 00000000 00000000 00000000"},
    {PLAN_CIDR, "\"0.0.0.0/0\"", "00000008 02000104 00000000"},
};

START_TEST(values_have_the_bytes_of_their_type)
{
    ck_assert(
        encode_value(&out, values[_i].type, value_of(values[_i].json), &err));
    ck_assert_str_eq(hex_groups(buf_span(&out), 4), values[_i].bytes);
}

END_TEST

static const struct {
    enum plan_type type;
    const char *json;
    const char *message;
} misfits[] = {
    {PLAN_BIGINT, "true", "a boolean is not a number"},
    {PLAN_BIGINT, "{}", "an object is not a number"},
    {PLAN_BIGINT, "[1]", "a list is not a number"},
    {PLAN_BIGINT, "\"\"", "\"\" is not an integer"},
    {PLAN_BIGINT, "\"abc\"", "\"abc\" is not an integer"},
    {PLAN_BIGINT, "1.5", "\"1.5\" is not an integer"},
    {PLAN_BIGINT, "9223372036854775808",
     "\"9223372036854775808\" is not an integer of 64 bits"},
    {PLAN_INTEGER, "2147483648", "\"2147483648\" is not an integer of 32 bits"},
    {PLAN_INTEGER, "false", "a boolean is not a number"},
    {PLAN_NUMERIC, "\"1,5\"", "\"1,5\" is not a number"},
    {PLAN_NUMERIC, "1e10000", "a number needs more than 10000 digits"},
    {PLAN_NUMERIC, "{}", "an object is not a number"},
    {PLAN_DOUBLE, "\"NaN\"", "\"NaN\" is not a number"},
    {PLAN_DOUBLE, "1e400", "\"1e400\" is not a number of double precision"},
    {PLAN_BOOLEAN, "1", "the value is neither true nor false"},
    {PLAN_BOOLEAN, "\"yes\"", "the value is neither true nor false"},
    {PLAN_TIMESTAMPTZ, "5", "a timestamp must be a string"},
    {PLAN_TIMESTAMPTZ, "\"soon\"", "\"soon\" is not a timestamp"},
    {PLAN_DATE, "[]", "a date must be a string"},
    {PLAN_DATE, "\"2026-02-30\"", "\"2026-02-30\" is not a date"},
    {PLAN_UUID, "5", "a value of type uuid must be a string"},
    {PLAN_UUID, "\"a0eebc99\"", "\"a0eebc99\" is not a UUID"},
    {PLAN_UUID, "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1-1\"",
     "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1-1\" is not a UUID"},
    {PLAN_MACADDR, "\"08:00:2b:01:02\"",
     "\"08:00:2b:01:02\" is not a MAC address"},
    {PLAN_MACADDR, "\"08:00:2b:01:02:0g\"",
     "\"08:00:2b:01:02:0g\" is not a MAC address"},
    {PLAN_INET, "\"10.0.0.256\"", "\"10.0.0.256\" is not a network address"},
    {PLAN_INET, "\"10.0.0.1/33\"", "\"10.0.0.1/33\" is not a network address"},
    {PLAN_INET, "\"10.0.0.1/\"", "\"10.0.0.1/\" is not a network address"},
    {PLAN_INET, "\"::1/1x\"", "\"::1/1x\" is not a network address"},
    {PLAN_CIDR, "\"10.0.0.1/24\"", "\"10.0.0.1/24\" is not a network"},
    {PLAN_JSONB, "[1e99999]",
     "a number in the JSON value needs more than 10000 digits"},
};

START_TEST(a_value_that_does_not_fit_says_why)
{
    ck_assert(!encode_value(&out, misfits[_i].type, value_of(misfits[_i].json),
                            &err));
    ck_assert_int_eq(err.kind, ERR_ROW);
    ck_assert_str_eq(err.message, misfits[_i].message);
    ck_assert_str_ne(err.code, "WIDEN");
}

END_TEST

START_TEST(every_type_has_its_oid)
{
    static const uint32_t oids[] = {25,   20,   23,   1700, 701, 16, 1184,
                                    1082, 3802, 2950, 869,  650, 829};

    for (int type = 0; type < PLAN_TYPE_COUNT; type++)
        ck_assert_uint_eq(encode_oid((enum plan_type)type), oids[type]);
    for (int type = 0; type < PLAN_TYPE_COUNT; type++)
        ck_assert_int_eq((int)encode_type_of(oids[type]), type);
    ck_assert_int_eq((int)encode_type_of(1043), PLAN_TYPE_COUNT);
}

END_TEST

/* ---- gids --------------------------------------------------------------- */

static const struct {
    const char *gid;
    const char *type;
} gid_types[] = {
    {"gid://shopify/Product/1", "Product"},
    {"gid://shopify/InventoryLevel/1?inventory_item_id=2", "InventoryLevel"},
    {"gid://shopify/Product/", "Product"},
    {"gid://shopify/Product", ""},
    {"gid://shopify//1", ""},
    {"gid://other/Product/1", ""},
    {"gid://shopif", ""},
    {"123", ""},
    {"", ""},
};

START_TEST(the_type_of_a_gid_is_read)
{
    ck_assert(span_is(encode_gid_type(span_str(gid_types[_i].gid)),
                      gid_types[_i].type));
}

END_TEST

START_TEST(the_first_gid_sets_the_type_of_its_domain)
{
    struct plan_gid gid = {0};

    ck_assert(encode_gid(&out, &gid, value_of(""), &arena, &err));
    ck_assert(encode_gid(&out, &gid, value_of("null"), &arena, &err));
    ck_assert_ptr_null(gid.type);
    ck_assert(encode_gid(&out, &gid,
                         value_of("\"gid:\\/\\/shopify\\/Product\\/258\""),
                         &arena, &err));
    ck_assert_str_eq(gid.type, "Product");
    ck_assert(encode_gid(&out, &gid,
                         value_of("\"gid://shopify/Product/"
                                  "9223372036854775807\""),
                         &arena, &err));
    ck_assert_str_eq(hex_groups(buf_span(&out), 4),
                     "ffffffff ffffffff 00000008 00000000 00000102 "
                     "00000008 7fffffff ffffffff");
}

END_TEST

/* Gids that a domain of Product cannot hold as a number. */
static const char *const wideners[] = {
    "\"gid://shopify/Collection/1\"",
    "\"gid://shopify/Product/1?x=2\"",
    "\"gid://shopify/Product/abc\"",
    "\"gid://shopify/Product/\"",
    "\"gid://shopify/Product/01\"",
    "\"gid://shopify/Product/-1\"",
    "\"gid://shopify/Product/+1\"",
    "\"gid://shopify/Product/1/2\"",
    "\"gid://shopify/Product/9223372036854775808\"",
    "\"gid://shopify/Product/99999999999999999999\"",
    "\"gid://shopify/Product\"",
    "\"123\"",
    "\"\"",
};

START_TEST(a_gid_that_its_domain_cannot_hold_asks_to_widen)
{
    struct plan_gid gid = {.type = "Product"};

    ck_assert(!encode_gid(&out, &gid, value_of(wideners[_i]), &arena, &err));
    ck_assert_int_eq(err.kind, ERR_ROW);
    ck_assert_str_eq(err.code, "WIDEN");
    ck_assert_uint_eq(out.length, 0);
    ck_assert_str_eq(gid.type, "Product");
}

END_TEST

START_TEST(a_gid_that_widens_its_domain_does_not_set_its_type)
{
    struct plan_gid gid = {0};

    ck_assert(!encode_gid(&out, &gid, value_of("\"gid://shopify/Product/1?x\""),
                          &arena, &err));
    ck_assert_str_eq(err.code, "WIDEN");
    ck_assert_ptr_null(gid.type);
}

END_TEST

START_TEST(a_widened_domain_takes_every_gid_as_text)
{
    struct plan_gid gid = {.type = "Product", .whole = true};

    ck_assert(
        encode_gid(&out, &gid, value_of("\"gid:\\/\\/x\""), &arena, &err));
    ck_assert(encode_gid(&out, &gid, value_of("\"12\""), &arena, &err));
    ck_assert(encode_gid(&out, &gid, value_of("null"), &arena, &err));
    ck_assert_str_eq(hex_groups(buf_span(&out), 4),
                     "00000007 6769643a 2f2f7800 00000231 32ffffff ff");
}

END_TEST

START_TEST(an_id_that_is_not_a_string_is_refused)
{
    static const char *const json[] = {"{}", "[]", "12"};
    struct plan_gid gid = {.whole = _i > 2};

    ck_assert(!encode_gid(&out, &gid, value_of(json[_i % 3]), &arena, &err));
    ck_assert_int_eq(err.kind, ERR_ROW);
    ck_assert_str_eq(err.code, "LINE_VALUE");
}

END_TEST

static Suite *
encode_suite(void)
{
    Suite *suite = suite_create("encode");
    TCase *tests = tcase_create("encode");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, values_have_the_bytes_of_their_type, 0,
                        COUNT(values));
    tcase_add_loop_test(tests, a_value_that_does_not_fit_says_why, 0,
                        COUNT(misfits));
    tcase_add_test(tests, every_type_has_its_oid);
    tcase_add_loop_test(tests, the_type_of_a_gid_is_read, 0, COUNT(gid_types));
    tcase_add_test(tests, the_first_gid_sets_the_type_of_its_domain);
    tcase_add_loop_test(tests, a_gid_that_its_domain_cannot_hold_asks_to_widen,
                        0, COUNT(wideners));
    tcase_add_test(tests, a_gid_that_widens_its_domain_does_not_set_its_type);
    tcase_add_test(tests, a_widened_domain_takes_every_gid_as_text);
    tcase_add_loop_test(tests, an_id_that_is_not_a_string_is_refused, 0, 6);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(encode_suite());
}
