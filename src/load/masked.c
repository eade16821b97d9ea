#include "load/masked.h"

#include <inttypes.h>
#include <string.h>

#include "base/timestamp.h"
#include "load/binary.h"

#define MICROS_PER_DAY (INT64_C(24) * 3600 * 1000 * 1000)

/* ---- hashes -------------------------------------------------------------- */

/* Write the first bytes of the keyed hash as `digits` hex digits. */
static void
write_hash(const struct hmac_key *key, struct span text, char *hex, int digits)
{
    static const char hex_digits[] = "0123456789abcdef";
    uint8_t digest[HMAC_BYTES];

    hmac_digest(key, text, digest);
    for (int i = 0; i < digits; i++)
        hex[i] = hex_digits[digest[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15];
}

const char *
masked_check(const struct hmac_key *key, char text[MASKED_CHECK_BYTES])
{
    write_hash(key, span_str("bulkpg: is it the same key?"), text,
               MASKED_CHECK_BYTES - 1);
    text[MASKED_CHECK_BYTES - 1] = '\0';
    return text;
}

/* ---- domains ------------------------------------------------------------- */

/* Letters and digits of any script. */
static bool
is_of_domain(unsigned char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' ||
           byte > 0x7f;
}

/* What follows the last @, up to a character that no domain has: what follows
 * that may be a name, or the path of an address. Empty: there is none. */
static struct span
domain_of(struct span text)
{
    const char *at =
        text.length > 0 ? memrchr(text.bytes, '@', text.length) : NULL;
    struct span domain;
    size_t length = 0;

    if (at == NULL)
        return span_of("", 0);
    domain = span_tail(text, (size_t)(at + 1 - text.bytes));
    while (length < domain.length &&
           is_of_domain((unsigned char)domain.bytes[length]))
        length++;
    return span_head(domain, length);
}

/* ---- years --------------------------------------------------------------- */

static int64_t
floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* The year of a day, counted from 2000-01-01. The years of this calculation
 * begin in March, so that leap days are at their end. */
static int32_t
year_of_day(int64_t day)
{
    int64_t from_march = day + 730425; /* since 0000-03-01 */
    int64_t era = floor_div(from_march, 146097);
    int64_t of_era = from_march - era * 146097;
    int64_t year =
        (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t months = (5 * of_year + 2) / 153; /* since March */

    return (int32_t)(year + era * 400 + (months >= 10));
}

/* Of a time, the year in UTC. */
static bool
year_of(struct span text, int32_t *year)
{
    struct err ignored;
    int64_t micros;

    if (!timestamp_parse(text, &micros, &ignored))
        return false;
    *year = year_of_day(floor_div(micros, MICROS_PER_DAY));
    return true;
}

/* ---- values -------------------------------------------------------------- */

static bool
put_null(struct buf *out)
{
    binary_int32(out, -1);
    return true;
}

static bool
put_hash(struct buf *out, const struct hmac_key *key, struct span text,
         struct err *err)
{
    char hex[MASKED_DIGITS];

    if (key == NULL)
        return err_set(err, MSG_BUG, "there is no key for @mask");
    write_hash(key, text, hex, MASKED_DIGITS);
    binary_int32(out, MASKED_DIGITS);
    buf_append_span(out, span_of(hex, MASKED_DIGITS));
    return true;
}

static bool
put_domain(struct buf *out, struct span text)
{
    struct span domain = domain_of(text);

    if (domain.length == 0)
        return put_null(out);
    binary_int32(out, (int32_t)domain.length);
    buf_append_span(out, domain);
    return true;
}

static bool
put_year(struct buf *out, const struct record_value *value, struct err *err)
{
    int32_t year;

    if (value->kind != JSON_STRING || !year_of(value->text, &year))
        return err_set(err, MSG_LINE_VALUE,
                       "the value is not a date; it is not shown, because the "
                       "column has @mask");
    binary_int32(out, 4);
    binary_int32(out, year);
    return true;
}

bool
masked_put(struct buf *out, const struct plan_column *column,
           const struct hmac_key *key, const struct record_value *value,
           struct err *err)
{
    struct span text;

    if (value == NULL || value->kind == JSON_NULL ||
        column->mask == PLAN_MASK_NULL)
        return put_null(out);
    if (!column->takes_json &&
        (value->kind == JSON_OBJECT || value->kind == JSON_ARRAY))
        return err_set(err, MSG_LINE_VALUE, "%s is not a single value",
                       value->kind == JSON_OBJECT ? "an object" : "a list");
    text = value->kind == JSON_STRING ? value->text : value->raw;
    if (column->mask == PLAN_MASK_HASH)
        return put_hash(out, key, text, err);
    if (column->mask == PLAN_MASK_DOMAIN)
        return put_domain(out, text);
    return put_year(out, value, err);
}

bool
masked_text(struct buf *out, const struct plan_column *column,
            const struct hmac_key *key, struct span text)
{
    char hex[MASKED_DIGITS];
    int32_t year;

    if (column->mask == PLAN_MASK_HASH && key != NULL) {
        write_hash(key, text, hex, MASKED_DIGITS);
        buf_append_span(out, span_of(hex, MASKED_DIGITS));
        return true;
    }
    if (column->mask == PLAN_MASK_DOMAIN) {
        buf_append_span(out, domain_of(text));
        return domain_of(text).length > 0;
    }
    if (column->mask != PLAN_MASK_YEAR || !year_of(text, &year))
        return false;
    buf_printf(out, "%" PRId32, year);
    return true;
}
