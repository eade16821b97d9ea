/*
 * JSON numbers as numeric and as double. The text is split into digits and an
 * exponent, so that a numeric keeps every digit.
 *
 * Hazard. Eleven bytes of input can ask for a gigabyte of digits. So exponents
 * are limited as soon as they are read.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "load/binary.h"

enum {
    NUMERIC_NEGATIVE = 0x4000,
    GROUP_DIGITS = 4, /* numeric stores digits in base 10,000 */
    EXPONENT_MAX = 1000000,
    DOUBLE_BYTES = 512 /* a longer number needs an allocation */
};

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The parts of a decimal number. Functions below take the position of the
 * decimal point as `point`: the number of digits before it, after the exponent
 * is applied. It may be negative, or larger than the number of digits. */
struct decimal {
    bool negative;
    struct span whole;    /* digits before the point, as written */
    struct span fraction; /* digits after it */
    int exponent;
};

static struct span
take_digits(struct span *rest)
{
    size_t length = 0;
    struct span digits;

    while (length < rest->length && is_digit(rest->bytes[length]))
        length++;
    digits = span_head(*rest, length);
    *rest = span_tail(*rest, length);
    return digits;
}

static bool
take_sign(struct span *rest)
{
    bool negative;

    if (rest->length == 0 || (rest->bytes[0] != '-' && rest->bytes[0] != '+'))
        return false;
    negative = rest->bytes[0] == '-';
    *rest = span_tail(*rest, 1);
    return negative;
}

/* The value of the digits, at most EXPONENT_MAX. Such an exponent is always
 * refused later. */
static int
clamped(struct span digits)
{
    int value = 0;

    for (size_t i = 0; i < digits.length; i++) {
        value = value * 10 + (digits.bytes[i] - '0');
        if (value > EXPONENT_MAX)
            value = EXPONENT_MAX;
    }
    return value;
}

static bool
parse_decimal(struct span text, struct decimal *d)
{
    struct span rest = text;

    *d = (struct decimal){.negative = take_sign(&rest)};
    d->whole = take_digits(&rest);
    d->fraction = span_of("", 0);
    if (rest.length > 0 && rest.bytes[0] == '.') {
        rest = span_tail(rest, 1);
        d->fraction = take_digits(&rest);
    }
    if (d->whole.length + d->fraction.length == 0)
        return false;
    if (rest.length > 0 && (rest.bytes[0] == 'e' || rest.bytes[0] == 'E')) {
        bool negative;
        struct span digits;

        rest = span_tail(rest, 1);
        negative = take_sign(&rest);
        digits = take_digits(&rest);
        if (digits.length == 0)
            return false;
        d->exponent = negative ? -clamped(digits) : clamped(digits);
    }
    return rest.length == 0;
}

static char
digit_at(const struct decimal *d, size_t i)
{
    return i < d->whole.length ? d->whole.bytes[i]
                               : d->fraction.bytes[i - d->whole.length];
}

/* The index of the first digit that is not a leading zero. */
static size_t
first_nonzero(const struct decimal *d)
{
    size_t count = d->whole.length + d->fraction.length, i = 0;

    while (i < count && digit_at(d, i) == '0')
        i++;
    return i;
}

/* exponent / GROUP_DIGITS, rounded down also for negative numbers. */
static int
group_of(int exponent)
{
    return exponent >= 0 ? exponent / GROUP_DIGITS
                         : -((-exponent + GROUP_DIGITS - 1) / GROUP_DIGITS);
}

/* Write the groups of base 10,000 from digit `first` on, without trailing zero
 * groups. Returns the number of groups. */
static int
fill_groups(const struct decimal *d, size_t first, int point, int16_t *groups)
{
    static const int16_t powers[GROUP_DIGITS] = {1, 10, 100, 1000};
    size_t count = d->whole.length + d->fraction.length;
    int weight = group_of(point - 1 - (int)first), used = 0;

    for (size_t i = first; i < count; i++) {
        int exponent = point - 1 - (int)i;
        int group = weight - group_of(exponent);
        int power = exponent - group_of(exponent) * GROUP_DIGITS;

        while (used <= group)
            groups[used++] = 0;
        groups[group] =
            (int16_t)(groups[group] + (digit_at(d, i) - '0') * powers[power]);
    }
    while (used > 0 && groups[used - 1] == 0)
        used--;
    return used;
}

/* The number of decimal digits of the number written without an exponent. */
static int64_t
digits_needed(const struct decimal *d, size_t first, int point)
{
    int64_t count = (int64_t)(d->whole.length + d->fraction.length);
    int64_t before = point - (int64_t)first; /* without leading zeros */
    int64_t behind = count - point;

    if ((int64_t)first == count)
        before = 0; /* zero, whatever its exponent */
    return (before > 0 ? before : 0) + (behind > 0 ? behind : 0);
}

bool
binary_numeric(struct buf *out, struct span text, struct err *err)
{
    int16_t groups[BINARY_DIGITS_MAX / GROUP_DIGITS + 2];
    struct decimal d;
    size_t first, count;
    int point, used;

    if (!parse_decimal(text, &d))
        return err_not_a(text, "number", err);
    count = d.whole.length + d.fraction.length;
    first = first_nonzero(&d);
    if (count > (size_t)EXPONENT_MAX)
        return err_set(err, MSG_LINE_VALUE,
                       "a number has %zu digits; the limit is %d", count,
                       BINARY_DIGITS_MAX);
    point = (int)d.whole.length + d.exponent;
    if (digits_needed(&d, first, point) > BINARY_DIGITS_MAX)
        return err_set(err, MSG_LINE_VALUE,
                       "a number needs more than %d digits", BINARY_DIGITS_MAX);
    used = fill_groups(&d, first, point, groups);
    binary_int16(out, (int16_t)used);
    binary_int16(out, used > 0 ? (int16_t)group_of(point - 1 - (int)first) : 0);
    binary_int16(out, d.negative && used > 0 ? NUMERIC_NEGATIVE : 0);
    binary_int16(out, (int16_t)((int)count > point ? (int)count - point : 0));
    for (int i = 0; i < used; i++)
        binary_int16(out, groups[i]);
    return true;
}

static bool
refuse_large(struct span text, int64_t high, struct err *err)
{
    err_not_a(text,
              high == INT32_MAX ? "integer of 32 bits" : "integer of 64 bits",
              err);
    return err_code(err, MSG_NUMBER_TOO_LARGE);
}

/* False if the digits have a value of more than 64 bits. */
static bool
read_magnitude(struct span digits, uint64_t *magnitude)
{
    *magnitude = 0;
    for (size_t i = 0; i < digits.length; i++) {
        if (*magnitude >= UINT64_MAX / 10)
            return false;
        *magnitude = *magnitude * 10 + (uint64_t)(digits.bytes[i] - '0');
    }
    return true;
}

bool
binary_parse_integer(struct span text, int64_t low, int64_t high,
                     int64_t *value, struct err *err)
{
    struct decimal d;
    uint64_t magnitude = 0;

    if (!parse_decimal(text, &d) || d.exponent != 0)
        return err_not_a(text, "integer", err);
    for (size_t i = 0; i < d.fraction.length; i++)
        if (d.fraction.bytes[i] != '0')
            return err_not_a(text, "integer", err);
    if (!read_magnitude(d.whole, &magnitude) ||
        magnitude > (uint64_t)INT64_MAX + d.negative)
        return refuse_large(text, high, err);
    *value = d.negative ? -(int64_t)(magnitude - 1) - 1 : (int64_t)magnitude;
    if (*value < low || *value > high)
        return refuse_large(text, high, err);
    return true;
}

/* strtod() needs a NUL after the number. */
static double
to_double(struct span text)
{
    char copy[DOUBLE_BYTES], *longer;
    double value;

    if (text.length < sizeof(copy)) {
        memcpy(copy, text.bytes, text.length);
        copy[text.length] = '\0';
        return strtod(copy, NULL);
    }
    longer = mem_alloc(text.length + 1);
    memcpy(longer, text.bytes, text.length);
    value = strtod(longer, NULL);
    free(longer);
    return value;
}

bool
binary_parse_double(struct span text, double *value, struct err *err)
{
    struct decimal d;

    if (!parse_decimal(text, &d))
        return err_not_a(text, "number", err);
    *value = to_double(text);
    if (isinf(*value))
        return err_not_a(text, "number of double precision", err);
    return true;
}

/* ---- numbers inside jsonb ---------------------------------------------- */

static bool
is_number_byte(char c)
{
    return is_digit(c) || c == '-' || c == '+' || c == '.' || c == 'e' ||
           c == 'E';
}

/* The index after the string that begins at `at`. */
static size_t
skip_string(struct span json, size_t at)
{
    for (at++; at < json.length && json.bytes[at] != '"'; at++)
        if (json.bytes[at] == '\\')
            at++;
    return at + 1;
}

static bool
check_number(struct span text, struct err *err)
{
    struct decimal d;

    /* A number without an exponent needs only the digits that it has. */
    if (text.length < BINARY_DIGITS_MAX &&
        memchr(text.bytes, 'e', text.length) == NULL &&
        memchr(text.bytes, 'E', text.length) == NULL)
        return true;
    if (!parse_decimal(text, &d))
        return err_not_a(text, "number", err);
    if (text.length > (size_t)EXPONENT_MAX || d.exponent == EXPONENT_MAX ||
        digits_needed(&d, first_nonzero(&d), (int)d.whole.length + d.exponent) >
            BINARY_DIGITS_MAX)
        return err_set(err, MSG_LINE_VALUE,
                       "a number in the JSON value needs more than %d digits",
                       BINARY_DIGITS_MAX);
    return true;
}

bool
binary_check_json(struct span json, struct err *err)
{
    size_t at = 0;

    while (at < json.length) {
        char c = json.bytes[at];
        size_t length = 0;

        if (c == '"') {
            at = skip_string(json, at);
            continue;
        }
        if (!is_digit(c) && c != '-') {
            at++;
            continue;
        }
        while (at + length < json.length &&
               is_number_byte(json.bytes[at + length]))
            length++;
        if (!check_number(span_of(json.bytes + at, length), err))
            return false;
        at += length;
    }
    return true;
}
