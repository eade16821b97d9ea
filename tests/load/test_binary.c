/* binary: values in PostgreSQL's binary formats, read by a small decoder. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/timestamp.h"
#include "load/binary.h"
#include "support/hex.h"
#include "support/suite.h"

enum { ROUNDS = 3000, TEXT_BYTES = 24 * 1024 };

static struct buf out;
static struct err err;

static void
setup(void)
{
    out = buf_with_ceiling(TEXT_BYTES * 2);
    memset(&err, 0, sizeof(err));
}

static void
teardown(void)
{
    buf_free(&out);
}

static int
int16_at(size_t at)
{
    const unsigned char *b = (const unsigned char *)out.bytes + at;

    return (int16_t)(b[0] << 8 | b[1]);
}

/* ---- integers on the wire ----------------------------------------------- */

START_TEST(integers_are_big_endian)
{
    binary_int16(&out, 0x0102);
    binary_int16(&out, -2);
    binary_int32(&out, 0x01020304);
    binary_int32(&out, INT32_MIN);
    binary_int64(&out, INT64_C(0x0102030405060708));
    binary_int64(&out, -1);
    binary_set_int32(&out, 4, 0x0a0b0c0d);
    ck_assert_str_eq(hex_groups(buf_span(&out), 2),
                     "0102 fffe 0a0b 0c0d 8000 0000 0102 0304 0506 0708 "
                     "ffff ffff ffff ffff");
}

END_TEST

START_TEST(setting_a_number_in_an_overflowed_buffer_does_nothing)
{
    struct buf tiny = buf_with_ceiling(2);

    binary_int32(&tiny, 1);
    binary_set_int32(&tiny, 0, 1);
    ck_assert(tiny.overflowed);
    ck_assert_uint_eq(tiny.length, 0);
    buf_free(&tiny);
}

END_TEST

/* ---- numeric ------------------------------------------------------------ */

/* Digits, weight, sign, scale, then groups of base 10,000. */
static const struct {
    const char *text;
    const char *bytes;
} numerics[] = {
    {"0", "0000 0000 0000 0000"},
    {"-0", "0000 0000 0000 0000"},
    {"0.00", "0000 0000 0000 0002"},
    {"-0.0", "0000 0000 0000 0001"},
    {"0e5", "0000 0000 0000 0000"},
    {"0e-3", "0000 0000 0000 0003"},
    {"1", "0001 0000 0000 0000 0001"},
    {"-1", "0001 0000 4000 0000 0001"},
    {"9999", "0001 0000 0000 0000 270f"},
    {"10000", "0001 0001 0000 0000 0001"},
    {"10001", "0002 0001 0000 0000 0001 0001"},
    {"12345678", "0002 0001 0000 0000 04d2 162e"},
    {"0.1", "0001 ffff 0000 0001 03e8"},
    {"0.0001", "0001 ffff 0000 0004 0001"},
    {"0.00001", "0001 fffe 0000 0005 03e8"},
    {"0.00000001", "0001 fffe 0000 0008 0001"},
    {"1e-7", "0001 fffe 0000 0007 000a"},
    {"1.5", "0002 0000 0000 0001 0001 1388"},
    {"1.50", "0002 0000 0000 0002 0001 1388"},
    {"-12.5000", "0002 0000 4000 0004 000c 1388"},
    {"1e2", "0001 0000 0000 0000 0064"},
    {"1e4", "0001 0001 0000 0000 0001"},
    {"1e8", "0001 0002 0000 0000 0001"},
    {"1.50e1", "0001 0000 0000 0001 000f"},
    {"100000000.00000001", "0005 0002 0000 0008 0001 0000 0000 0000 0001"},
    {"007", "0001 0000 0000 0000 0007"},
};

START_TEST(numbers_have_the_bytes_of_numeric_send)
{
    ck_assert(binary_numeric(&out, span_str(numerics[_i].text), &err));
    ck_assert_str_eq(hex_groups(buf_span(&out), 2), numerics[_i].bytes);
}

END_TEST

/* The four digits of the group at `place`: 0 is the group before the decimal
 * point, -1 the first group after it. */
static int
group_at(int place)
{
    int groups = int16_at(0), weight = int16_at(2);
    int index = weight - place;

    return index >= 0 && index < groups ? int16_at(8 + 2 * (size_t)index) : 0;
}

/* The text that numeric_out() writes for the bytes in `out`. */
static const char *
decode_numeric(void)
{
    static char text[TEXT_BYTES];
    int weight = int16_at(2), scale = int16_at(6);
    size_t used = 0;

    ck_assert_uint_eq(out.length, 8 + 2 * (size_t)int16_at(0));
    if (int16_at(4) == 0x4000)
        text[used++] = '-';
    used += (size_t)snprintf(text + used, sizeof(text) - used, "%d",
                             group_at(weight > 0 ? weight : 0));
    for (int place = weight - 1; place >= 0; place--)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%04d",
                                 group_at(place));
    if (scale > 0)
        text[used++] = '.';
    for (int i = 0; i < scale; i += 4)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%04d",
                                 group_at(-1 - i / 4));
    if (scale > 0)
        used -= (size_t)((4 - scale % 4) % 4);
    text[used] = '\0';
    return text;
}

static const struct {
    const char *text;
    const char *decoded;
} round_trips[] = {
    {"123456789012345678901234567890", "123456789012345678901234567890"},
    {"-123456789012345.678901234567890", "-123456789012345.678901234567890"},
    {"0.0001", "0.0001"},
    {"0.00010", "0.00010"},
    {"000123.4500", "123.4500"},
    {"-0.00", "0.00"},
    {"1e2", "100"},
    {"1E+2", "100"},
    {"1.23e1", "12.3"},
    {"1.23e5", "123000"},
    {"123e-5", "0.00123"},
    {"12.50e-1", "1.250"},
    {"1e-7", "0.0000001"},
    {"9999.9999", "9999.9999"},
    {"99999999.00000001", "99999999.00000001"},
    {"1000000000000", "1000000000000"},
    {"10000.0001", "10000.0001"},
    {"0.10203", "0.10203"},
    {"+5", "5"},
    {".5", "0.5"},
    {"5.", "5"},
    {"922337203685477580799999", "922337203685477580799999"},
    {"0.000000000000000000000000000001", "0.000000000000000000000000000001"},
    {"1e30", "1000000000000000000000000000000"},
    {"0e9999999", "0"},
};

START_TEST(numbers_read_back_with_every_digit)
{
    if (!binary_numeric(&out, span_str(round_trips[_i].text), &err))
        ck_abort_msg("%s", err.message);
    ck_assert_str_eq(decode_numeric(), round_trips[_i].decoded);
}

END_TEST

START_TEST(powers_of_ten_read_back)
{
    for (int power = 0; power <= 40; power++) {
        char text[64], near[64];

        snprintf(text, sizeof(text), "1%0*d", power, 0);
        text[power + 1] = '\0';
        buf_clear(&out);
        ck_assert(binary_numeric(&out, span_str(text), &err));
        ck_assert_str_eq(decode_numeric(), text);
        snprintf(near, sizeof(near), "0.%0*d1", power, 0);
        if (power == 0)
            strcpy(near, "0.1");
        buf_clear(&out);
        ck_assert(binary_numeric(&out, span_str(near), &err));
        ck_assert_str_eq(decode_numeric(), near);
    }
}

END_TEST

/* A number with `before` digits before the point and `behind` digits after it.
 * The first and the last digit are not zero. */
static char *
long_number(size_t before, size_t behind, bool negative)
{
    static char text[TEXT_BYTES];
    size_t used = 0;

    if (negative)
        text[used++] = '-';
    for (size_t i = 0; i < before; i++)
        text[used++] = (char)('1' + (i * 7 + i / 10) % 9);
    if (before == 0)
        text[used++] = '0';
    if (behind > 0)
        text[used++] = '.';
    for (size_t i = 0; i < behind; i++)
        text[used++] = (char)('1' + (i * 3 + i / 7) % 9);
    text[used] = '\0';
    return text;
}

static const struct {
    size_t before, behind;
    bool fits;
} sizes[] = {
    {30, 0, true},      {4999, 1, true},    {5000, 0, true},
    {0, 5000, true},    {10000, 0, true},   {10001, 0, false},
    {9999, 1, true},    {9999, 2, false},   {0, 10000, true},
    {0, 10001, false},  {5000, 5000, true}, {5001, 5000, false},
    {5003, 4997, true}, {20000, 0, false},
};

START_TEST(numbers_of_ten_thousand_digits_fit_and_no_longer_ones)
{
    char *text = long_number(sizes[_i].before, sizes[_i].behind, _i % 2 == 1);
    bool fits = binary_numeric(&out, span_str(text), &err);

    ck_assert_int_eq(fits, sizes[_i].fits);
    if (fits) {
        ck_assert_str_eq(decode_numeric(), text);
    } else {
        ck_assert_int_eq(err.kind, ERR_ROW);
        ck_assert_uint_eq(out.length, 0);
    }
}

END_TEST

static const struct {
    const char *text;
    bool fits;
} exponents[] = {
    {"1e9999", true},          {"1e10000", false},
    {"-1e-10000", true},       {"1e-10001", false},
    {"0.001e-9998", false},    {"0.1e-9999", true},
    {"12e9998", true},         {"12e9999", false},
    {"1e999999999999", false}, {"1e-99999999999999999999", false},
    {"1e2147483648", false},   {"0e-10001", false},
};

START_TEST(an_exponent_counts_as_the_digits_that_it_adds)
{
    ck_assert_int_eq(binary_numeric(&out, span_str(exponents[_i].text), &err),
                     exponents[_i].fits);
}

END_TEST

static const char *const no_numbers[] = {
    "",    "-",   "+",    ".",   "-.",    "e5",  "1e",  "1e+",
    "1e-", "1,5", "1 ",   " 1",  "1.2.3", "--1", "+-1", "0x10",
    "NaN", "inf", "1e5x", "abc", "1e1.5", "12a", "1\n", "\xd9\xa1",
};

START_TEST(a_text_that_is_not_a_number_is_refused)
{
    double number;
    int64_t integer;
    struct span text = span_str(no_numbers[_i]);

    ck_assert(!binary_numeric(&out, text, &err));
    ck_assert_int_eq(err.kind, ERR_ROW);
    ck_assert_uint_eq(out.length, 0);
    ck_assert(!binary_parse_double(text, &number, &err));
    ck_assert(
        !binary_parse_integer(text, INT64_MIN, INT64_MAX, &integer, &err));
}

END_TEST

START_TEST(random_numbers_read_back)
{
    unsigned seed = 12345;

    for (int round = 0; round < ROUNDS; round++) {
        size_t before = (size_t)rand_r(&seed) % 40;
        size_t behind = (size_t)rand_r(&seed) % 40;
        char *text = long_number(before, behind,
                                 before + behind > 0 && rand_r(&seed) % 2);

        if (before + behind == 0)
            continue;
        for (char *c = text; *c != '\0'; c++) /* add zeros */
            if (c > text + 2 && c[-1] != '-' && *c != '.' &&
                rand_r(&seed) % 3 == 0)
                *c = '0';
        buf_clear(&out);
        ck_assert(binary_numeric(&out, span_str(text), &err));
        ck_assert_str_eq(decode_numeric(), text);
    }
}

END_TEST

/* ---- integers ----------------------------------------------------------- */

static const struct {
    const char *text;
    int64_t low, high;
    bool fits;
    int64_t value;
} integers[] = {
    {"0", INT64_MIN, INT64_MAX, true, 0},
    {"-0", INT64_MIN, INT64_MAX, true, 0},
    {"5.0", INT64_MIN, INT64_MAX, true, 5},
    {"5.000", INT64_MIN, INT64_MAX, true, 5},
    {"-17", INT64_MIN, INT64_MAX, true, -17},
    {"0000000000000000000000000000042", INT64_MIN, INT64_MAX, true, 42},
    {"9223372036854775807", INT64_MIN, INT64_MAX, true, INT64_MAX},
    {"9223372036854775808", INT64_MIN, INT64_MAX, false, 0},
    {"-9223372036854775808", INT64_MIN, INT64_MAX, true, INT64_MIN},
    {"-9223372036854775809", INT64_MIN, INT64_MAX, false, 0},
    {"99999999999999999999", INT64_MIN, INT64_MAX, false, 0},
    {"999999999999999999999999", INT64_MIN, INT64_MAX, false, 0},
    {"2147483647", INT32_MIN, INT32_MAX, true, INT32_MAX},
    {"2147483648", INT32_MIN, INT32_MAX, false, 0},
    {"-2147483648", INT32_MIN, INT32_MAX, true, INT32_MIN},
    {"-2147483649", INT32_MIN, INT32_MAX, false, 0},
    {"5.5", INT64_MIN, INT64_MAX, false, 0},
    {"0.1", INT64_MIN, INT64_MAX, false, 0},
    {"1e2", INT64_MIN, INT64_MAX, false, 0},
};

START_TEST(integers_stay_within_their_limits)
{
    int64_t value = -1;
    bool fits =
        binary_parse_integer(span_str(integers[_i].text), integers[_i].low,
                             integers[_i].high, &value, &err);

    ck_assert_int_eq(fits, integers[_i].fits);
    if (fits)
        ck_assert_int_eq(value, integers[_i].value);
    else
        ck_assert_int_eq(err.kind, ERR_ROW);
}

END_TEST

static const struct {
    const char *text;
    double value;
} doubles[] = {
    {"0", 0},
    {"1.5", 1.5},
    {"-2.25e10", -2.25e10},
    {"0.1", 0.1},
    {"1e308", 1e308},
    {"1.7976931348623157e308", 1.7976931348623157e308},
    {"5e-324", 5e-324},
    {"1e-400", 0},
    {"123456789012345678901234567890", 123456789012345678901234567890.0},
};

START_TEST(a_double_is_the_nearest_to_the_number)
{
    double value;

    ck_assert(binary_parse_double(span_str(doubles[_i].text), &value, &err));
    ck_assert_double_eq(value, doubles[_i].value);
}

END_TEST

START_TEST(a_number_too_large_for_a_double_is_refused)
{
    double value;

    ck_assert(!binary_parse_double(span_str("1e309"), &value, &err));
    ck_assert(!binary_parse_double(span_str("-1e999999"), &value, &err));
    ck_assert_int_eq(err.kind, ERR_ROW);
}

END_TEST

/* ---- timestamps and dates ----------------------------------------------- */

#define SECOND INT64_C(1000000)
#define DAY    (86400 * SECOND)

static const struct {
    const char *text;
    int64_t micros; /* since 2000-01-01 00:00 UTC */
} timestamps[] = {
    {"2000-01-01T00:00:00Z", 0},
    {"2000-01-01T00:00:00z", 0},
    {"2000-01-01t00:00:00", 0},
    {"2000-01-01 00:00:00", 0},
    {"2000-01-01", 0},
    {"2000-01-01T00:00Z", 0},
    {"2000-01-01T00:00:01Z", SECOND},
    {"1999-12-31T23:59:59Z", -SECOND},
    {"1999-12-31T23:59:59.5Z", -SECOND / 2},
    {"1970-01-01T00:00:00Z", -10957 * DAY},
    {"1969-12-31T23:59:59Z", -10957 * DAY - SECOND},
    {"1900-03-01T00:00:00Z", -36465 * DAY},
    {"0001-01-01T00:00:00Z", -730119 * DAY},
    {"9999-12-31T23:59:59.999999Z", 2921940 * DAY - 1},
    {"2000-02-29T00:00:00Z", 59 * DAY},
    {"2004-02-29T00:00:00Z", 1520 * DAY},
    {"2026-10-01T12:34:56Z", 9770 * DAY + (12 * 3600 + 34 * 60 + 56) * SECOND},
    /* offsets */
    {"2000-01-01T01:00:00+01:00", 0},
    {"2000-01-01T01:00:00+01", 0},
    {"2000-01-01T05:30:00+0530", 0},
    {"1999-12-31T19:00:00-05:00", 0},
    {"2000-01-01T00:00:00-00:00", 0},
    {"2000-01-01T15:59:00+15:59", 0},
    {"2000-01-01T00:00:00+01:00", -3600 * SECOND},
    {"1999-12-31T12:00:00.25-12:00", SECOND / 4},
    /* fractions of a second */
    {"2000-01-01T00:00:00.1Z", 100000},
    {"2000-01-01T00:00:00.123456Z", 123456},
    {"2000-01-01T00:00:00.000001Z", 1},
    {"2000-01-01T00:00:00.999999Z", 999999},
    {"2000-01-01T00:00:00.1234564Z", 123456},
    {"2000-01-01T00:00:00.1234566Z", 123457},
    {"2000-01-01T00:00:00.9999999Z", SECOND},
    {"2000-01-01T00:00:00.0000005Z",
     0}, /* rounds half to even, as PostgreSQL */
    {"2000-01-01T00:00:00.0000015Z", 2},
    {"2000-01-01T00:00:00.0000025Z", 2},
    {"2000-01-01T00:00:00.10000000000000000000000000000000000000000000000000",
     100000},
    {"1999-12-31T23:59:60Z", 0},
    {"1999-12-31T24:00:00Z", 0},
    {"1999-12-31T23:58:60.5Z", -60 * SECOND + SECOND / 2},
};

START_TEST(timestamps_are_microseconds_since_2000)
{
    int64_t micros = 1;

    if (!timestamp_parse(span_str(timestamps[_i].text), &micros, &err))
        ck_abort_msg("%s", err.message);
    ck_assert_int_eq(micros, timestamps[_i].micros);
}

END_TEST

static const char *const no_timestamps[] = {
    "",
    "now",
    "2026",
    "2026-10",
    "2026-1-1",
    "2026-13-01T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-01-00T00:00:00Z",
    "2026-01-32T00:00:00Z",
    "2026-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2100-02-29T00:00:00Z",
    "2026-04-31T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "-001-01-01T00:00:00Z",
    "10000-01-01T00:00:00Z",
    "2026-01-01T",
    "2026-01-01T12",
    "2026-01-01T1:00:00Z",
    "2026-01-01T25:00:00Z",
    "2026-01-01T24:00:01Z",
    "2026-01-01T24:00:00.5Z",
    "2026-01-01T23:59:60.5Z",
    "2026-01-01T00:60:00Z",
    "2026-01-01T00:00:61Z",
    "2026-01-01T00:00:00.Z",
    "2026-01-01T00:00:00,5Z",
    "2026-01-01T00:00:00X",
    "2026-01-01T00:00:00ZZ",
    "2026-01-01T00:00:00+1",
    "2026-01-01T00:00:00+16:00",
    "2026-01-01T00:00:00+01:60",
    "2026-01-01T00:00:00+01:",
    "2026-01-01T00:00:00+01:000",
    "2026-01-01T00:00:00 Z",
    " 2026-01-01T00:00:00Z",
    "2026-01-01T00:00:00Z ",
    "2026/01/01T00:00:00Z",
    "20260101T000000Z",
};

START_TEST(a_text_that_is_not_a_timestamp_is_refused)
{
    int64_t micros;

    ck_assert(!timestamp_parse(span_str(no_timestamps[_i]), &micros, &err));
    ck_assert_int_eq(err.kind, ERR_ROW);
}

END_TEST

/* Compare every day of 800 years with the C library. */
START_TEST(every_day_agrees_with_the_c_library)
{
    time_t noon = -INT64_C(11676096000) + 43200; /* 1600-01-01 */
    int32_t expected = -146097;

    for (; expected < 146097; expected++, noon += 86400) {
        struct tm utc;
        char text[32];
        int32_t days = 0;

        gmtime_r(&noon, &utc);
        strftime(text, sizeof(text), "%Y-%m-%d", &utc);
        if (!timestamp_parse_date(span_str(text), &days, &err) ||
            days != expected)
            ck_abort_msg("%s: %d", text, days);
    }
}

END_TEST

static const char *const no_dates[] = {
    "",
    "2026-02-30",
    "2026-01-01T00:00:00Z",
    "2026-1-1",
    "2026-01-01 ",
    "01.01.2026",
    "2026-01-01Z",
};

START_TEST(a_text_that_is_not_a_date_is_refused)
{
    int32_t days;

    ck_assert(!timestamp_parse_date(span_str(no_dates[_i]), &days, &err));
    ck_assert_int_eq(err.kind, ERR_ROW);
}

END_TEST

/* ---- numbers inside JSON ------------------------------------------------ */

static const struct {
    const char *json;
    bool fits;
} documents[] = {
    {"{}", true},
    {"1", true},
    {"-1.5e3", true},
    {"null", true},
    {"[1,2.0,-3e2,\"1e99999\"]", true},
    {"{\"1e99999\":1}", true},
    {"{\"a\":\"\\\"1e99999\",\"b\":2}", true},
    {"{\"a\":\"\\\\\",\"b\":1e99999}", false},
    {"[1e9999]", true},
    {"[1e10000]", false},
    {"[1E10000]", false},
    {"[1e-10001]", false},
    {"{\"a\":{\"b\":[true,-1e20000]}}", false},
    {"[0e5]", true},
    {"[0e999999]", true},
    {"[0e2000000000]", false}, /* PostgreSQL refuses it */
    {"true", true},
    {"\"text only, 1e99999\"", true},
    {"[\"\xc3\xa9\\u00e9\", 1]", true},
};

START_TEST(numbers_inside_json_need_at_most_ten_thousand_digits)
{
    ck_assert_int_eq(binary_check_json(span_str(documents[_i].json), &err),
                     documents[_i].fits);
}

END_TEST

START_TEST(a_long_number_inside_json_is_counted)
{
    struct buf json = buf_with_ceiling(TEXT_BYTES);

    buf_printf(&json, "[%s]", long_number(5000, 5000, true));
    ck_assert(binary_check_json(buf_span(&json), &err));
    buf_clear(&json);
    buf_printf(&json, "[%s]", long_number(5000, 5001, false));
    ck_assert(!binary_check_json(buf_span(&json), &err));
    buf_clear(&json);
    buf_printf(&json, "[\"%s\"]", long_number(5000, 5001, false));
    ck_assert(binary_check_json(buf_span(&json), &err));
    buf_free(&json);
}

END_TEST

static void
add_number_tests(Suite *suite)
{
    TCase *tests = tcase_create("numbers");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, integers_are_big_endian);
    tcase_add_test(tests,
                   setting_a_number_in_an_overflowed_buffer_does_nothing);
    tcase_add_loop_test(tests, numbers_have_the_bytes_of_numeric_send, 0,
                        COUNT(numerics));
    tcase_add_loop_test(tests, numbers_read_back_with_every_digit, 0,
                        COUNT(round_trips));
    tcase_add_test(tests, powers_of_ten_read_back);
    tcase_add_loop_test(tests,
                        numbers_of_ten_thousand_digits_fit_and_no_longer_ones,
                        0, COUNT(sizes));
    tcase_add_loop_test(tests, an_exponent_counts_as_the_digits_that_it_adds, 0,
                        COUNT(exponents));
    tcase_add_loop_test(tests, a_text_that_is_not_a_number_is_refused, 0,
                        COUNT(no_numbers));
    tcase_add_test(tests, random_numbers_read_back);
    tcase_add_loop_test(tests, integers_stay_within_their_limits, 0,
                        COUNT(integers));
    tcase_add_loop_test(tests, a_double_is_the_nearest_to_the_number, 0,
                        COUNT(doubles));
    tcase_add_test(tests, a_number_too_large_for_a_double_is_refused);
    suite_add_tcase(suite, tests);
}

static Suite *
wire_suite(void)
{
    Suite *suite = suite_create("binary");
    TCase *tests = tcase_create("times and json");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, timestamps_are_microseconds_since_2000, 0,
                        COUNT(timestamps));
    tcase_add_loop_test(tests, a_text_that_is_not_a_timestamp_is_refused, 0,
                        COUNT(no_timestamps));
    tcase_add_test(tests, every_day_agrees_with_the_c_library);
    tcase_add_loop_test(tests, a_text_that_is_not_a_date_is_refused, 0,
                        COUNT(no_dates));
    tcase_add_loop_test(tests,
                        numbers_inside_json_need_at_most_ten_thousand_digits, 0,
                        COUNT(documents));
    tcase_add_test(tests, a_long_number_inside_json_is_counted);
    suite_add_tcase(suite, tests);
    add_number_tests(suite);
    return suite;
}

int
main(void)
{
    return suite_run(wire_suite());
}
