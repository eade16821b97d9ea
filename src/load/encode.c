/*
 * Values in the formats that PostgreSQL's receive functions read. If a value
 * does not fit its column, the line is rejected. If a wider column could hold
 * it, the error has the code WIDEN instead.
 *
 * Hazard. The input must be UTF-8 without NUL (json/clean.h). The output must
 * be the value that the server's input function reads from the same text.
 */
#include "load/encode.h"

#include <string.h>

#include "base/timestamp.h"
#include "load/binary.h"

enum { JSONB_VERSION = 1, INT64_DIGITS = 19 };

static const uint32_t oids[PLAN_TYPE_COUNT] = {
    [PLAN_TEXT] = 25,          [PLAN_BIGINT] = 20,  [PLAN_INTEGER] = 23,
    [PLAN_NUMERIC] = 1700,     [PLAN_DOUBLE] = 701, [PLAN_BOOLEAN] = 16,
    [PLAN_TIMESTAMPTZ] = 1184, [PLAN_DATE] = 1082,  [PLAN_JSONB] = 3802,
    [PLAN_UUID] = 2950,        [PLAN_INET] = 869,   [PLAN_CIDR] = 650,
    [PLAN_MACADDR] = 829};

uint32_t
encode_oid(enum plan_type type)
{
    return oids[type];
}

enum plan_type
encode_type_of(uint32_t oid)
{
    int type = 0;

    while (type < PLAN_TYPE_COUNT && oids[type] != oid)
        type++;
    return (enum plan_type)type;
}

static void
put_null(struct buf *out)
{
    binary_int32(out, -1);
}

static void
put_bytes(struct buf *out, struct span bytes)
{
    binary_int32(out, (int32_t)bytes.length);
    buf_append_span(out, bytes);
}

/* Stores write numbers as JSON numbers or as strings. */
static bool
number_text(const struct record_value *value, struct span *text,
            struct err *err)
{
    *text = value->text;
    if (value->kind == JSON_NUMBER || value->kind == JSON_STRING)
        return true;
    return err_set(err, MSG_LINE_VALUE, "%s is not a number",
                   value->kind == JSON_OBJECT  ? "an object"
                   : value->kind == JSON_ARRAY ? "a list"
                                               : "a boolean");
}

/* ---- by type ----------------------------------------------------------- */

static bool
encode_text(struct buf *out, const struct record_value *value)
{
    put_bytes(out, value->kind == JSON_STRING ? value->text : value->raw);
    return true;
}

static bool
encode_bigint(struct buf *out, const struct record_value *value,
              struct err *err)
{
    struct span text;
    int64_t number;

    if (!number_text(value, &text, err) ||
        !binary_parse_integer(text, INT64_MIN, INT64_MAX, &number, err))
        return false;
    binary_sized_int64(out, number);
    return true;
}

static bool
encode_integer(struct buf *out, const struct record_value *value,
               struct err *err)
{
    struct span text;
    int64_t number;

    if (!number_text(value, &text, err) ||
        !binary_parse_integer(text, INT32_MIN, INT32_MAX, &number, err))
        return false;
    binary_int32(out, 4);
    binary_int32(out, (int32_t)number);
    return true;
}

static bool
encode_numeric(struct buf *out, const struct record_value *value,
               struct err *err)
{
    struct span text;
    size_t at = out->length;

    binary_int32(out, 0);
    if (!number_text(value, &text, err) || !binary_numeric(out, text, err))
        return false;
    binary_set_int32(out, at, (int32_t)(out->length - at - 4));
    return true;
}

static bool
encode_double(struct buf *out, const struct record_value *value,
              struct err *err)
{
    struct span text;
    double number = 0;
    int64_t bits;

    if (!number_text(value, &text, err) ||
        !binary_parse_double(text, &number, err))
        return false;
    memcpy(&bits, &number, sizeof(bits));
    binary_sized_int64(out, bits);
    return true;
}

static bool
encode_boolean(struct buf *out, const struct record_value *value,
               struct err *err)
{
    bool truth = value->kind == JSON_TRUE ||
                 (value->kind == JSON_STRING && span_is(value->text, "true"));

    if (!truth && value->kind != JSON_FALSE &&
        !(value->kind == JSON_STRING && span_is(value->text, "false")))
        return err_set(err, MSG_LINE_VALUE,
                       "the value is neither true nor false");
    binary_int32(out, 1);
    buf_append_char(out, truth ? 1 : 0);
    return true;
}

static bool
encode_timestamp(struct buf *out, const struct record_value *value,
                 struct err *err)
{
    int64_t micros;

    if (value->kind != JSON_STRING)
        return err_set(err, MSG_LINE_VALUE, "a timestamp must be a string");
    if (!timestamp_parse(value->text, &micros, err))
        return false;
    binary_sized_int64(out, micros);
    return true;
}

static bool
encode_date(struct buf *out, const struct record_value *value, struct err *err)
{
    int32_t days;

    if (value->kind != JSON_STRING)
        return err_set(err, MSG_LINE_VALUE, "a date must be a string");
    if (!timestamp_parse_date(value->text, &days, err))
        return false;
    binary_int32(out, 4);
    binary_int32(out, days);
    return true;
}

static bool
encode_jsonb(struct buf *out, const struct record_value *value, struct err *err)
{
    if (!binary_check_json(value->raw, err))
        return false;
    binary_int32(out, (int32_t)(value->raw.length + 1));
    buf_append_char(out, JSONB_VERSION);
    buf_append_span(out, value->raw);
    return true;
}

/* Ids and addresses are strings. */
static bool
encode_address(struct buf *out, enum plan_type type,
               const struct record_value *value, struct err *err)
{
    if (value->kind != JSON_STRING)
        return err_set(err, MSG_LINE_VALUE,
                       "a value of type %s must be a string",
                       plan_type_name(type));
    if (type == PLAN_UUID)
        return binary_uuid(out, value->text, err);
    if (type == PLAN_MACADDR)
        return binary_macaddr(out, value->text, err);
    return binary_inet(out, value->text, type == PLAN_CIDR, err);
}

bool
encode_value(struct buf *out, enum plan_type type,
             const struct record_value *value, struct err *err)
{
    if (value == NULL || value->kind == JSON_NULL) {
        put_null(out);
        return true;
    }
    switch (type) {
    case PLAN_TEXT:
        return encode_text(out, value);
    case PLAN_BIGINT:
        return encode_bigint(out, value, err);
    case PLAN_INTEGER:
        return encode_integer(out, value, err);
    case PLAN_NUMERIC:
        return encode_numeric(out, value, err);
    case PLAN_DOUBLE:
        return encode_double(out, value, err);
    case PLAN_BOOLEAN:
        return encode_boolean(out, value, err);
    case PLAN_TIMESTAMPTZ:
        return encode_timestamp(out, value, err);
    case PLAN_DATE:
        return encode_date(out, value, err);
    case PLAN_JSONB:
        return encode_jsonb(out, value, err);
    case PLAN_UUID:
    case PLAN_INET:
    case PLAN_CIDR:
    case PLAN_MACADDR:
        return encode_address(out, type, value, err);
    case PLAN_TYPE_COUNT:
        break;
    }
    return err_set(err, MSG_BUG, "the column has an unknown type");
}

/* ---- gids -------------------------------------------------------------- */

struct span
encode_gid_type(struct span gid)
{
    const char *slash;

    if (!span_starts(gid, ENCODE_GID_PREFIX))
        return span_of("", 0);
    gid = span_tail(gid, strlen(ENCODE_GID_PREFIX));
    slash = memchr(gid.bytes, '/', gid.length);
    return slash != NULL ? span_head(gid, (size_t)(slash - gid.bytes))
                         : span_of("", 0);
}

/* Read the number after the type. False if the gid cannot be restored from the
 * number, for example because of a leading zero. */
static bool
gid_number(struct span gid, struct span type, int64_t *number)
{
    struct span digits =
        span_tail(gid, strlen(ENCODE_GID_PREFIX) + type.length + 1);
    uint64_t value = 0;

    if (digits.length == 0 || digits.length > INT64_DIGITS ||
        (digits.bytes[0] == '0' && digits.length > 1))
        return false;
    for (size_t i = 0; i < digits.length; i++) {
        unsigned digit = (unsigned char)digits.bytes[i] - '0';

        if (digit > 9)
            return false;
        value = value * 10 + digit;
    }
    *number = (int64_t)value;
    return value <= INT64_MAX;
}

bool
encode_gid_number(const struct plan_gid *gid, struct span id, int64_t *number)
{
    struct span type = encode_gid_type(id);

    return type.length > 0 && gid->type != NULL && span_is(type, gid->type) &&
           gid_number(id, type, number);
}

static bool
ask_to_widen(struct span gid, const struct plan_gid *domain, struct err *err)
{
    err_set(err, MSG_WIDEN,
            "the id \"%.*s\" does not have the form gid://shopify/%s/NUMBER",
            (int)(gid.length < 200 ? gid.length : 200), gid.bytes,
            domain->type != NULL ? domain->type : "…");
    return false;
}

bool
encode_gid(struct buf *out, struct plan_gid *domain,
           const struct record_value *value, struct arena *arena,
           struct err *err)
{
    struct span type;
    int64_t number;

    if (value == NULL || value->kind == JSON_NULL) {
        put_null(out);
        return true;
    }
    if (value->kind != JSON_STRING)
        return err_set(err, MSG_LINE_VALUE, "an id must be a string");
    if (domain->whole) {
        put_bytes(out, value->text);
        return true;
    }
    type = encode_gid_type(value->text);
    if (type.length == 0 || !gid_number(value->text, type, &number))
        return ask_to_widen(value->text, domain, err);
    if (domain->type == NULL)
        domain->type = arena_dup(arena, type);
    else if (!span_is(type, domain->type))
        return ask_to_widen(value->text, domain, err);
    binary_sized_int64(out, number);
    return true;
}
