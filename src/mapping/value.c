/*
 * A type is written as in "[ID!]!". The functions take it from the outside in:
 * value ─► wrapped (null, list) ─► named ─► scalar, enumeration or object.
 *
 * Hazards. JSON takes 1e400 and "\u0000", but not every API does, and
 * PostgreSQL cannot store the latter. Half of a surrogate pair, which the type
 * json takes and jsonb refuses, would be sent as "?". A timestamp without time
 * zone is not a point in time. A number that exceeds 32 bits must not reach an
 * Int.
 */
#include "mapping/value.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/nearest.h"
#include "base/timestamp.h"
#include "json/clean.h"

#define COUNT(array)      (sizeof(array) / sizeof((array)[0]))
#define MICROS_PER_SECOND INT64_C(1000000)

/* ---- types of PostgreSQL ------------------------------------------------- */

static const struct {
    uint32_t oid, array;
    enum value_source source;
    const char *name;
} types[] = {
    {16, 1000, VALUE_BOOL, "boolean"},
    {20, 1016, VALUE_INTEGER, "bigint"},
    {21, 1005, VALUE_INTEGER, "smallint"},
    {23, 1007, VALUE_INTEGER, "integer"},
    {25, 1009, VALUE_TEXT, "text"},
    {19, 1003, VALUE_TEXT, "name"},
    {1042, 1014, VALUE_TEXT, "character"},
    {1043, 1015, VALUE_TEXT, "character varying"},
    {705, 0, VALUE_TEXT, "unknown"},
    {114, 199, VALUE_JSON, "json"},
    {3802, 3807, VALUE_JSON, "jsonb"},
    {700, 1021, VALUE_FLOAT, "real"},
    {701, 1022, VALUE_FLOAT, "double precision"},
    {1700, 1231, VALUE_NUMERIC, "numeric"},
    {1082, 1182, VALUE_DATE, "date"},
    {1114, 1115, VALUE_TIMESTAMP, "timestamp without time zone"},
    {1184, 1185, VALUE_TIMESTAMPTZ, "timestamp with time zone"},
    {2950, 2951, VALUE_OTHER, "uuid"},
};

struct value_type
value_type_of(uint32_t oid)
{
    for (size_t i = 0; i < COUNT(types); i++)
        if (oid != 0 && (types[i].oid == oid || types[i].array == oid))
            return (struct value_type){.source = types[i].source,
                                       .is_array = types[i].array == oid,
                                       .name = types[i].name};
    return (struct value_type){.source = VALUE_OTHER, .name = ""};
}

/* ---- what fits ----------------------------------------------------------- */

#define BIT(source) (1U << (source))

enum {
    NUMBERS = BIT(VALUE_INTEGER) | BIT(VALUE_NUMERIC),
    WORDS = BIT(VALUE_TEXT) | BIT(VALUE_OTHER),
    ANY = (1U << (VALUE_OTHER + 1)) - 1
};

/* Which sources a scalar takes, and how to cast the others to it. */
static const struct {
    unsigned sources;
    const char *cast;
} scalars[DIALECT_SCALAR_COUNT] = {
    [DIALECT_ANY] = {ANY, ""},
    [DIALECT_STRING] = {ANY & ~BIT(VALUE_JSON), "%s::text"},
    [DIALECT_BOOLEAN] = {BIT(VALUE_BOOL), "%s::boolean"},
    [DIALECT_INT32] = {NUMBERS, "%s::integer"},
    [DIALECT_INT64] = {NUMBERS | BIT(VALUE_TEXT), "%s::numeric"},
    [DIALECT_DECIMAL] = {NUMBERS | BIT(VALUE_FLOAT) | BIT(VALUE_TEXT),
                         "%s::numeric"},
    [DIALECT_DOUBLE] = {NUMBERS | BIT(VALUE_FLOAT), "%s::double precision"},
    [DIALECT_TIME] = {BIT(VALUE_TIMESTAMPTZ) | BIT(VALUE_TEXT),
                      "%s::timestamptz"},
    [DIALECT_DATE] = {BIT(VALUE_DATE) | BIT(VALUE_TEXT), "%s::date"},
    [DIALECT_JSON] = {BIT(VALUE_JSON), "to_jsonb(%s)"},
};

static bool
id_fits(const struct dialect *dialect, enum value_source source,
        const char *gid_type, const char **cast)
{
    bool is_number = (BIT(source) & NUMBERS) != 0;

    *cast = "";
    if (dialect->ids_are_gids && is_number && gid_type == NULL)
        *cast = "bulkpg.gid('TYPE', %s)";
    else
        return is_number || (BIT(source) & WORDS) != 0;
    return false;
}

static bool
named_fits(const struct dialect *dialect, const struct gql_type_ref *to,
           enum value_source source, const char *gid_type, const char **cast)
{
    enum dialect_scalar scalar;

    if (to->kind == GQL_ENUM_TYPE) {
        *cast = "%s::text";
        return (BIT(source) & WORDS) != 0;
    }
    if (to->kind == GQL_INPUT_TYPE) {
        *cast = "";
        return source == VALUE_JSON;
    }
    if (strcmp(to->name, "ID") == 0)
        return id_fits(dialect, source, gid_type, cast);
    scalar = dialect->scalar_type(to->name);
    *cast = scalar == DIALECT_TIME && source == VALUE_TIMESTAMP
                ? "(%s AT TIME ZONE 'UTC')"
                : scalars[scalar].cast;
    return (BIT(source) & scalars[scalar].sources) != 0;
}

bool
value_fits(const struct dialect *dialect, const struct gql_type_ref *to,
           const struct value_type *from, const char *gid_type,
           const char **cast)
{
    bool is_json = from->source == VALUE_JSON && !from->is_array;

    *cast = "";
    if (to->list_depth == 0 && from->is_array) {
        if (to->kind == GQL_SCALAR_TYPE &&
            dialect->scalar_type(to->name) == DIALECT_JSON)
            *cast = "to_jsonb(%s)";
        return false;
    }
    if (to->list_depth > 0 && is_json)
        return true;
    if (to->list_depth > 0 && !from->is_array) {
        *cast = to->list_depth == 1 ? "ARRAY[%s]" : "";
        return false;
    }
    if (to->list_depth > 1) {
        *cast = "to_jsonb(%s)";
        return false;
    }
    if (!named_fits(dialect, to, from->source, gid_type, cast)) {
        if (from->is_array)
            *cast = "";
        return false;
    }
    return true;
}

/* ---- faults -------------------------------------------------------------- */

static void
print_place(const struct value_writer *writer, struct buf *place)
{
    for (int i = 0; i < writer->depth; i++)
        if (writer->path[i].name == NULL)
            buf_printf(place, "[%zu]", writer->path[i].index);
        else
            buf_printf(place, "%s%s", place->length > 0 ? "." : "",
                       writer->path[i].name);
}

bool
value_fault(struct value_writer *writer, const char *format, ...)
{
    struct buf place = buf_with_ceiling(300);
    va_list args;

    va_start(args, format);
    err_vset(writer->fault, MSG_PUSH_VALUE, format, args);
    va_end(args);
    print_place(writer, &place);
    if (place.length > 0)
        err_wrap(writer->fault, "%s", buf_str(&place));
    buf_free(&place);
    return false;
}

/* "the value (text, 5 bytes) is not <what>". */
static bool
is_not(struct value_writer *writer, struct span text, const char *what)
{
    const char *found = writer->found;

    if (found == NULL || found[0] == '\0')
        found = "of another type";
    if (span_is(text, "NaN"))
        return value_fault(writer, "NaN is not %s", what);
    if (span_is(text, "Infinity") || span_is(text, "-Infinity") ||
        span_is(text, "infinity") || span_is(text, "-infinity"))
        return value_fault(writer, "infinity is not %s", what);
    return value_fault(writer, "the value (%s, %zu byte%s) is not %s", found,
                       text.length, text.length == 1 ? "" : "s", what);
}

const char *
value_member_name(struct arena *arena, const char *name)
{
    enum { NAME_MOST = 60 };

    size_t length = strlen(name);

    if (length > 0 && length <= NAME_MOST &&
        strspn(name, "_0123456789abcdefghijklmnopqrstuvwxyz"
                     "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == length)
        return arena_printf(arena, "\"%s\"", name);
    return arena_printf(arena, "with a name of %zu bytes", length);
}

/* Enter a field or, with name NULL, an element. */
static bool
enter(struct value_writer *writer, const char *name, size_t index)
{
    if (writer->depth == VALUE_PATH_MAX)
        return value_fault(writer, "it has too many levels");
    writer->path[writer->depth].name = name;
    writer->path[writer->depth++].index = index;
    return true;
}

/* ---- scalars from text --------------------------------------------------- */

static size_t
digits_at(struct span text, size_t at)
{
    size_t end = at;

    while (end < text.length && text.bytes[end] >= '0' &&
           text.bytes[end] <= '9')
        end++;
    return end - at;
}

static size_t
skip_minus(struct span text)
{
    return text.length > 0 && text.bytes[0] == '-';
}

/* 12, -12.50: without exponent. */
static bool
is_decimal(struct span text)
{
    size_t at = skip_minus(text), digits = digits_at(text, at);

    at += digits;
    if (digits == 0)
        return false;
    if (at < text.length && text.bytes[at] == '.') {
        digits = digits_at(text, at + 1);
        if (digits == 0)
            return false;
        at += 1 + digits;
    }
    return at == text.length;
}

/* A decimal whose fraction is 0: its length without the fraction. 0: it is not
 * an integer. */
static size_t
integer_length(struct span text)
{
    size_t at = skip_minus(text), end;

    if (!is_decimal(text))
        return 0;
    end = at + digits_at(text, at);
    for (at = end + 1; at < text.length; at++)
        if (text.bytes[at] != '0')
            return 0;
    return end;
}

/* A number as JSON writes it. */
static bool
is_json_number(struct span text)
{
    size_t start = skip_minus(text), at = start;
    size_t digits = digits_at(text, at);

    if (digits == 0 || (digits > 1 && text.bytes[at] == '0'))
        return false;
    at += digits;
    if (at < text.length && text.bytes[at] == '.') {
        digits = digits_at(text, at + 1);
        at += 1 + digits;
        if (digits == 0)
            return false;
    }
    if (at < text.length && (text.bytes[at] == 'e' || text.bytes[at] == 'E')) {
        at++;
        if (at < text.length &&
            (text.bytes[at] == '+' || text.bytes[at] == '-'))
            at++;
        digits = digits_at(text, at);
        at += digits;
        if (digits == 0)
            return false;
    }
    return at == text.length;
}

static bool
write_int32(struct value_writer *writer, struct span text)
{
    size_t length = integer_length(text);
    char copy[16];
    long long number;

    if (length == 0)
        return is_not(writer, text, "an integer");
    if (length < sizeof(copy)) {
        snprintf(copy, sizeof(copy), "%.*s", (int)length, text.bytes);
        number = strtoll(copy, NULL, 10);
        if (number >= INT32_MIN && number <= INT32_MAX) {
            json_out_integer(writer->json, number);
            return true;
        }
    }
    return is_not(writer, text, "an integer of 32 bits");
}

/* Is the unsigned integer at most 18446744073709551615? */
static bool
is_uint64(struct span text)
{
    static const char most[] = "18446744073709551615";

    while (text.length > 1 && text.bytes[0] == '0')
        text = span_tail(text, 1);
    return text.length < strlen(most) ||
           (text.length == strlen(most) &&
            memcmp(text.bytes, most, strlen(most)) <= 0);
}

static void
write_number(struct value_writer *writer, struct span text, bool is_string)
{
    if (writer->mutation->dialect->decimals_are_strings || is_string ||
        !is_json_number(text))
        json_out_span(writer->json, text);
    else
        json_out_raw(writer->json, text);
}

static bool
write_int64(struct value_writer *writer, const char *type, struct span text,
            bool is_string)
{
    size_t length = integer_length(text);
    bool is_unsigned = strcmp(type, "UnsignedInt64") == 0;

    if (length == 0)
        return is_not(writer, text, "an integer");
    text = span_head(text, length);
    if (is_unsigned && (text.bytes[0] == '-' || !is_uint64(text)))
        return is_not(writer, text, "an unsigned integer of 64 bits");
    write_number(writer, text, is_string);
    return true;
}

/* 12.5 for 12.50, and 12 for 12.00. */
static struct span
without_zeros(struct span decimal)
{
    if (memchr(decimal.bytes, '.', decimal.length) == NULL)
        return decimal;
    while (decimal.bytes[decimal.length - 1] == '0')
        decimal.length--;
    if (decimal.bytes[decimal.length - 1] == '.')
        decimal.length--;
    return decimal;
}

static bool
write_decimal(struct value_writer *writer, struct span text, bool is_string)
{
    if (!is_decimal(text))
        return is_not(writer, text, "a decimal number");
    if (writer->is_compared)
        text = without_zeros(text);
    write_number(writer, text, is_string);
    return true;
}

static bool
write_double(struct value_writer *writer, struct span text)
{
    char copy[400];
    double number;

    if (!is_json_number(text) || text.length >= sizeof(copy))
        return is_not(writer, text, "a number");
    snprintf(copy, sizeof(copy), "%.*s", (int)text.length, text.bytes);
    errno = 0;
    number = strtod(copy, NULL);
    if (errno == ERANGE && (number > 1 || number < -1))
        return is_not(writer, text, "a number that a Float can hold");
    json_out_raw(writer->json, text);
    return true;
}

/* Does the time have Z or an offset? */
static bool
has_zone(struct span text)
{
    enum { DATE_BYTES = 10 };

    for (size_t i = DATE_BYTES; i < text.length; i++)
        if (strchr("Zz+-", text.bytes[i]) != NULL)
            return true;
    return false;
}

/* In UTC: 2026-01-02T03:04:05Z, with a fraction if there is one. */
static bool
write_time(struct value_writer *writer, struct span text)
{
    char seconds[CLOCK_UTC_BYTES], fraction[16], whole[64];
    int64_t micros, rest;
    struct err ignored;

    if (!has_zone(text))
        return is_not(writer, text, "a time with a time zone");
    if (!timestamp_parse(text, &micros, &ignored))
        return is_not(writer, text, "a time");
    rest = micros % MICROS_PER_SECOND;
    if (rest < 0)
        rest += MICROS_PER_SECOND;
    clock_format_utc((micros - rest) / MICROS_PER_SECOND + TIMESTAMP_EPOCH_S,
                     seconds);
    seconds[strlen(seconds) - 1] = '\0'; /* the Z */
    snprintf(fraction, sizeof(fraction), ".%06d", (int)rest);
    while (strchr("0.", fraction[strlen(fraction) - 1]) != NULL &&
           strlen(fraction) > 1)
        fraction[strlen(fraction) - 1] = '\0';
    snprintf(whole, sizeof(whole), "%s%sZ", seconds,
             fraction[1] == '\0' ? "" : fraction);
    json_out_string(writer->json, whole);
    return true;
}

static bool
write_date(struct value_writer *writer, struct span text)
{
    struct err ignored;
    int32_t days;

    if (!timestamp_parse_date(text, &days, &ignored))
        return is_not(writer, text, "a date");
    json_out_span(writer->json, text);
    return true;
}

static bool
write_string(struct value_writer *writer, struct span text)
{
    if (memchr(text.bytes, '\0', text.length) != NULL)
        return value_fault(writer, "the text has a NUL character");
    json_out_span(writer->json, text);
    return true;
}

bool
value_is_gid(struct span text, struct span *type)
{
    const char *slash, *end = text.bytes + text.length;
    struct span rest;

    if (!span_starts(text, "gid://"))
        return false;
    rest = span_tail(text, strlen("gid://"));
    slash = memchr(rest.bytes, '/', rest.length);
    if (slash == NULL || slash == rest.bytes)
        return false;
    rest = span_of(slash + 1, (size_t)(end - slash) - 1);
    slash = memchr(rest.bytes, '/', rest.length);
    if (slash == NULL || slash == rest.bytes || slash + 1 == end)
        return false;
    for (size_t i = 0; i < text.length; i++)
        if ((unsigned char)text.bytes[i] <= ' ')
            return false;
    *type = span_of(rest.bytes, (size_t)(slash - rest.bytes));
    return true;
}

/* A gid, or the number of one whose type is known. */
static bool
write_id(struct value_writer *writer, struct span text, bool is_number)
{
    size_t length = is_number ? integer_length(text) : 0;
    struct span type;

    if (!writer->mutation->dialect->ids_are_gids)
        return text.length > 0 ? write_string(writer, text)
                               : is_not(writer, text, "an id");
    if (!is_number) {
        if (!value_is_gid(text, &type))
            return is_not(writer, text,
                          "a gid, such as gid://shopify/Product/1");
        return write_string(writer, text);
    }
    if (length == 0 || text.bytes[0] == '-')
        return is_not(writer, text, "the number of an id");
    if (writer->gid_type == NULL)
        return value_fault(writer,
                           "the value is a number, but ids are gids: write "
                           "bulkpg.gid('TYPE', number)");
    json_out_string(writer->json,
                    arena_printf(writer->arena, "gid://shopify/%s/%.*s",
                                 writer->gid_type, (int)length, text.bytes));
    return true;
}

/* ---- free JSON ----------------------------------------------------------- */

/* Any JSON, written compactly. */
static bool
write_free(struct value_writer *writer, const struct json *value)
{
    switch (value->kind) {
    case JSON_STRING:
        return write_string(writer, value->text);
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    default:
        json_out_raw(writer->json, value->source);
        return true;
    }
    json_out_open(writer->json, value->kind == JSON_OBJECT ? '{' : '[');
    for (const struct json *item = value->first; item != NULL;
         item = item->next) {
        if (value->kind == JSON_OBJECT)
            json_out_key(writer->json, item->key);
        if (!write_free(writer, item))
            return false;
    }
    json_out_close(writer->json, value->kind == JSON_OBJECT ? '}' : ']');
    return true;
}

/* ---- named types --------------------------------------------------------- */

static bool
write_enum(struct value_writer *writer, const char *type_name, struct span text)
{
    const struct gql_type *type =
        gql_schema_find(writer->mutation->schema, type_name);
    const char *word = arena_dup(writer->arena, text);
    struct nearest nearest = nearest_to(word);

    if (type == NULL)
        return value_fault(writer, "the API does not describe the type %s",
                           type_name);
    if (strlen(word) == text.length && gql_type_has_value(type, word)) {
        json_out_string(writer->json, word);
        return true;
    }
    for (const struct gql_name *n = type->enum_values; n != NULL; n = n->next)
        nearest_try(&nearest, n->name);
    return is_not(writer, text,
                  arena_printf(writer->arena, "a value of %s%s", type_name,
                               nearest_hint(&nearest)));
}

static bool
write_bool(struct value_writer *writer, struct span text)
{
    bool truth = span_is(text, "t") || span_is(text, "true");

    if (!truth && !span_is(text, "f") && !span_is(text, "false"))
        return is_not(writer, text, "true or false");
    json_out_raw(writer->json, span_str(truth ? "true" : "false"));
    return true;
}

bool
value_is_whole(struct span json)
{
    struct buf cleaned = buf_with_ceiling(json.length);
    size_t replaced, at;
    bool is_whole;

    if (memmem(json.bytes, json.length, "\\u", 2) == NULL)
        return true;
    is_whole = clean_json(json, &cleaned, &replaced, &at) && replaced == 0;
    buf_free(&cleaned);
    return is_whole;
}

static bool
check_whole(struct value_writer *writer, struct span json)
{
    return value_is_whole(json) || value_fault(writer, "%s", VALUE_NOT_WHOLE);
}

static bool
parse_json(struct value_writer *writer, struct span text, struct json **value)
{
    struct err why;

    return json_parse(writer->arena, text, value, &why) ||
           value_fault(writer, "not valid JSON: %s", why.message);
}

/* A value of a scalar that bulkpg does not know, as its source suggests. */
static bool
write_any(struct value_writer *writer, enum value_source source,
          struct span text)
{
    struct json *value;

    switch (source) {
    case VALUE_BOOL:
        return write_bool(writer, text);
    case VALUE_INTEGER:
    case VALUE_NUMERIC:
    case VALUE_FLOAT:
        return write_double(writer, text);
    case VALUE_TIMESTAMPTZ:
        return write_time(writer, text);
    case VALUE_JSON:
        return parse_json(writer, text, &value) && write_free(writer, value);
    default:
        return write_string(writer, text);
    }
}

static bool
write_scalar(struct value_writer *writer, const char *name,
             enum value_source source, struct span text)
{
    bool is_number = source == VALUE_INTEGER || source == VALUE_NUMERIC;
    bool is_string = !is_number && source != VALUE_FLOAT;

    if (strcmp(name, "ID") == 0)
        return write_id(writer, text, is_number);
    switch (writer->mutation->dialect->scalar_type(name)) {
    case DIALECT_BOOLEAN:
        return write_bool(writer, text);
    case DIALECT_INT32:
        return write_int32(writer, text);
    case DIALECT_INT64:
        return write_int64(writer, name, text, is_string);
    case DIALECT_DECIMAL:
        return write_decimal(writer, text, is_string);
    case DIALECT_DOUBLE:
        return write_double(writer, text);
    case DIALECT_TIME:
        return write_time(writer, text);
    case DIALECT_DATE:
        return write_date(writer, text);
    case DIALECT_STRING:
        if (source == VALUE_BOOL)
            text = span_str(span_is(text, "t") ? "true" : "false");
        return write_string(writer, text);
    default:
        return write_any(writer, source, text);
    }
}

/* ---- JSON by its type ---------------------------------------------------- */

static bool
write_wrapped(struct value_writer *writer, const struct gql_type_ref *ref,
              struct span type, const struct json *value);

static const char *
kind_name(const struct json *value)
{
    static const char *const names[] = {
        [JSON_NULL] = "null",       [JSON_FALSE] = "a Boolean",
        [JSON_TRUE] = "a Boolean",  [JSON_NUMBER] = "a number",
        [JSON_STRING] = "a string", [JSON_ARRAY] = "a list",
        [JSON_OBJECT] = "an object"};

    return names[value->kind];
}

static bool
wrong_kind(struct value_writer *writer, const struct json *value,
           struct span type)
{
    return value_fault(writer, "%.*s expected, found %s", SPAN_ARG(type),
                       kind_name(value));
}

/* The source that a JSON value corresponds to; false for arrays and objects. */
static bool
source_of(const struct json *value, enum value_source *source)
{
    switch (value->kind) {
    case JSON_TRUE:
    case JSON_FALSE:
        *source = VALUE_BOOL;
        return true;
    case JSON_NUMBER:
        *source = VALUE_NUMERIC;
        return true;
    case JSON_STRING:
        *source = VALUE_TEXT;
        return true;
    default:
        return false;
    }
}

static bool
write_json_scalar(struct value_writer *writer, const char *name,
                  const struct json *value)
{
    enum dialect_scalar scalar = writer->mutation->dialect->scalar_type(name);
    bool is_id = strcmp(name, "ID") == 0;
    enum value_source source;
    struct span text = value->text;

    if (!is_id && (scalar == DIALECT_JSON || scalar == DIALECT_ANY))
        return write_free(writer, value);
    if (!source_of(value, &source) ||
        (is_id ? source == VALUE_BOOL
               : (BIT(source) & scalars[scalar].sources) == 0))
        return wrong_kind(writer, value, span_str(name));
    if (source == VALUE_BOOL)
        text = span_str(value->kind == JSON_TRUE ? "t" : "f");
    if (memchr(text.bytes, '\0', text.length) != NULL)
        return value_fault(writer, "the text has a NUL character");
    return write_scalar(writer, name, source, text);
}

/* The members that the type does not have, and those that are given twice. */
static bool
check_members(struct value_writer *writer, const struct gql_type *type,
              const struct json *value)
{
    for (const struct json *m = value->first; m != NULL; m = m->next) {
        struct nearest nearest = nearest_to(m->key);

        if (gql_type_input_field(type, m->key) != NULL) {
            if (json_get(value, m->key) != m)
                return value_fault(writer, "\"%s\" is given twice", m->key);
            continue;
        }
        for (const struct gql_input *i = type->input_fields; i != NULL;
             i = i->next)
            nearest_try(&nearest, i->name);
        return value_fault(writer, "%s has no field %s%s", type->name,
                           value_member_name(writer->arena, m->key),
                           nearest_hint(&nearest));
    }
    return true;
}

static bool
check_one_of(struct value_writer *writer, const struct gql_type *type,
             const struct json *value)
{
    if (!type->one_of || (value->count == 1 && value->first->kind != JSON_NULL))
        return true;
    return value_fault(writer,
                       "%s takes exactly one field that is not null, found %zu",
                       type->name, value->count);
}

static bool
write_members(struct value_writer *writer, const struct gql_type *type,
              const struct json *value)
{
    const struct gql_input *input = type->input_fields;

    for (; input != NULL; input = input->next) {
        const struct json *member = json_get(value, input->name);

        if (member == NULL && input->type.non_null && !input->has_default)
            return value_fault(writer, "the field \"%s\" (%s) of %s is missing",
                               input->name, input->type.text, type->name);
        if (member == NULL)
            continue;
        json_out_key(writer->json, input->name);
        if (!enter(writer, input->name, 0) ||
            !value_write_json(writer, &input->type, member))
            return false;
        writer->depth--;
    }
    return true;
}

static bool
write_object(struct value_writer *writer, const struct gql_type *type,
             const struct json *value)
{
    if (value->kind != JSON_OBJECT)
        return wrong_kind(writer, value, span_str(type->name));
    if (!check_members(writer, type, value) ||
        !check_one_of(writer, type, value))
        return false;
    json_out_open(writer->json, '{');
    if (!write_members(writer, type, value))
        return false;
    json_out_close(writer->json, '}');
    return true;
}

static bool
write_named(struct value_writer *writer, const struct gql_type_ref *ref,
            const struct json *value)
{
    const struct gql_type *type;

    writer->found = kind_name(value);
    if (ref->kind == GQL_SCALAR_TYPE)
        return write_json_scalar(writer, ref->name, value);
    if (ref->kind == GQL_ENUM_TYPE)
        return value->kind == JSON_STRING
                   ? write_enum(writer, ref->name, value->text)
                   : wrong_kind(writer, value, span_str(ref->name));
    type = gql_schema_find(writer->mutation->schema, ref->name);
    return type != NULL
               ? write_object(writer, type, value)
               : value_fault(writer, "the API does not describe the type %s",
                             ref->name);
}

static bool
write_list(struct value_writer *writer, const struct gql_type_ref *ref,
           struct span item_type, const struct json *value)
{
    size_t index = 0;

    json_out_open(writer->json, '[');
    for (const struct json *item = value->first; item != NULL;
         item = item->next) {
        if (!enter(writer, NULL, index++) ||
            !write_wrapped(writer, ref, item_type, item))
            return false;
        writer->depth--;
    }
    json_out_close(writer->json, ']');
    return true;
}

/* `type` is ref->text without the wrappers that the callers have passed. */
static bool
write_wrapped(struct value_writer *writer, const struct gql_type_ref *ref,
              struct span type, const struct json *value)
{
    struct span whole = type;

    if (type.bytes[type.length - 1] == '!')
        type.length--;
    if (value->kind == JSON_NULL) {
        if (type.length < whole.length)
            return wrong_kind(writer, value, whole);
        json_out_string(writer->json, NULL);
        return true;
    }
    if (type.bytes[0] != '[')
        return write_named(writer, ref, value);
    if (value->kind != JSON_ARRAY)
        return wrong_kind(writer, value, whole);
    return write_list(writer, ref, span_of(type.bytes + 1, type.length - 2),
                      value);
}

bool
value_write_json(struct value_writer *writer, const struct gql_type_ref *type,
                 const struct json *value)
{
    return write_wrapped(writer, type, span_str(type->text), value);
}

/* ---- arrays of PostgreSQL ------------------------------------------------ */

struct array {
    struct span rest;
    struct buf item;
    bool is_null;
};

/* Take one element of {1,"a \"b\"",NULL}, up to the comma or bracket after
 * it. */
static bool
take_item(struct array *array)
{
    struct span rest = array->rest;
    bool is_quoted = rest.length > 0 && rest.bytes[0] == '"';
    size_t at = is_quoted;

    buf_clear(&array->item);
    for (; at < rest.length; at++) {
        char c = rest.bytes[at];

        if (is_quoted ? c == '"' : c == ',' || c == '}')
            break;
        if (c == '{' && !is_quoted)
            return false; /* more than one dimension */
        if (c == '\\' && at + 1 < rest.length)
            c = rest.bytes[++at];
        buf_append_char(&array->item, c);
    }
    at += is_quoted;
    array->is_null = !is_quoted && strcmp(buf_str(&array->item), "NULL") == 0;
    if (at >= rest.length)
        return false;
    array->rest = span_tail(rest, at);
    return true;
}

static bool
write_item(struct value_writer *writer, const struct gql_type_ref *type,
           enum value_source source, const struct array *array)
{
    struct span inner = span_str(type->text);
    struct span text = buf_span(&array->item);
    struct json *value;
    bool is_filled;

    if (inner.bytes[inner.length - 1] == '!')
        inner.length--;
    inner = span_of(inner.bytes + 1, inner.length - 2);
    is_filled = inner.bytes[inner.length - 1] == '!';
    if (array->is_null) {
        if (is_filled)
            return value_fault(writer, "%.*s expected, found NULL",
                               SPAN_ARG(inner));
        json_out_string(writer->json, NULL);
        return true;
    }
    if (text.length == 0)
        text = span_str("");
    if (source == VALUE_JSON)
        return parse_json(writer, text, &value) &&
               write_wrapped(writer, type, inner, value) &&
               check_whole(writer, text);
    if (type->kind == GQL_ENUM_TYPE)
        return write_enum(writer, type->name, text);
    return write_scalar(writer, type->name, source, text);
}

static bool
write_items(struct value_writer *writer, const struct gql_type_ref *type,
            enum value_source source, struct array *array)
{
    size_t index = 0;

    while (array->rest.length > 0 && array->rest.bytes[0] != '}') {
        if (!enter(writer, NULL, index++))
            return false;
        if (!take_item(array))
            return value_fault(writer, "not an array of one dimension");
        if (!write_item(writer, type, source, array))
            return false;
        writer->depth--;
        if (array->rest.bytes[0] == ',')
            array->rest = span_tail(array->rest, 1);
    }
    return array->rest.length == 1 ||
           value_fault(writer, "not an array of one dimension");
}

static bool
write_array(struct value_writer *writer, const struct gql_type_ref *type,
            enum value_source source, struct span text)
{
    struct array array = {.rest = text, .item = buf_with_ceiling(SIZE_MAX)};
    const char *bounds = text.length > 0 && text.bytes[0] == '['
                             ? memchr(text.bytes, '=', text.length)
                             : NULL;
    bool written;

    if (bounds != NULL)
        array.rest = span_tail(text, (size_t)(bounds - text.bytes) + 1);
    if (array.rest.length < 2 || array.rest.bytes[0] != '{')
        return is_not(writer, text, "an array");
    array.rest = span_tail(array.rest, 1);
    json_out_open(writer->json, '[');
    written = write_items(writer, type, source, &array);
    if (written)
        json_out_close(writer->json, ']');
    buf_free(&array.item);
    return written;
}

bool
value_write_text(struct value_writer *writer, const struct gql_type_ref *type,
                 const struct value_type *from, struct span text)
{
    struct json *value;

    writer->found = from->name;
    if (from->is_array)
        return write_array(writer, type, from->source, text);
    if (from->source == VALUE_JSON)
        return parse_json(writer, text, &value) &&
               value_write_json(writer, type, value) &&
               check_whole(writer, text);
    if (type->kind == GQL_ENUM_TYPE)
        return write_enum(writer, type->name, text);
    return write_scalar(writer, type->name, from->source, text);
}
