/*
 * Most bytes of a result are in strings without escapes, so scan_string() is
 * what counts: it looks at 16 bytes at a time. The other functions look at
 * single bytes.
 *
 * Hazard. scan_value() calls itself for each level. Its caller limits the
 * number of levels, and so the stack.
 */
#include "json/scan.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

#include "base/hex.h"
#include "base/utf8.h"

enum { STEP = 16, UNIT_BYTES = 6 /* of an escape such as \u00e9 */ };

enum { NOT_A_CHARACTER = 0xfffd };

typedef unsigned char vector __attribute__((vector_size(STEP)));

const char *
scan_colon(const struct scan *scan, const char *at)
{
    at = scan_blanks(scan, at);
    if (at == scan->end || *at != ':')
        return NULL;
    return scan_blanks(scan, at + 1);
}

/* ---- strings ----------------------------------------------------------- */

static bool
is_plain(char c)
{
    return (unsigned char)c >= ' ' && c != '"' && c != '\\';
}

/* The first quote, backslash or control character at or after `at`. */
static const char *
skip_plain(const struct scan *scan, const char *at)
{
    while (scan->end - at >= STEP) {
        uint64_t found[2];
        vector bytes;

        memcpy(&bytes, at, STEP);
        bytes = (vector)((bytes < ' ') | (bytes == '"') | (bytes == '\\'));
        memcpy(found, &bytes, STEP);
        if (found[0] != 0)
            return at + __builtin_ctzll(le64toh(found[0])) / 8;
        if (found[1] != 0)
            return at + 8 + __builtin_ctzll(le64toh(found[1])) / 8;
        at += STEP;
    }
    while (at < scan->end && is_plain(*at))
        at++;
    return at;
}

static bool
is_unit(const struct scan *scan, const char *at)
{
    if (scan->end - at < UNIT_BYTES)
        return false;
    for (int i = 2; i < UNIT_BYTES; i++)
        if (hex_digit(at[i]) < 0)
            return false;
    return true;
}

static const char *
skip_escape(const struct scan *scan, const char *at)
{
    if (scan->end - at < 2)
        return NULL;
    if (at[1] == 'u')
        return is_unit(scan, at) ? at + UNIT_BYTES : NULL;
    return at[1] != '\0' && strchr("\"\\/bfnrt", at[1]) != NULL ? at + 2 : NULL;
}

const char *
scan_string(const struct scan *scan, const char *at, bool *has_escapes)
{
    *has_escapes = false;
    if (at == scan->end || *at != '"')
        return NULL;
    at = skip_plain(scan, at + 1);
    while (at < scan->end && *at == '\\') {
        *has_escapes = true;
        at = skip_escape(scan, at);
        if (at == NULL)
            return NULL;
        at = skip_plain(scan, at);
    }
    return at < scan->end && *at == '"' ? at + 1 : NULL;
}

static unsigned
read_unit(const char *at)
{
    unsigned unit = 0;

    for (int i = 2; i < UNIT_BYTES; i++)
        unit = unit * 16 + (unsigned)hex_digit(at[i]);
    return unit;
}

/* Read the escape at `*at`, or two that are a pair of surrogates. */
static unsigned
read_code_point(const char **at, const char *end)
{
    unsigned unit = read_unit(*at), low;

    *at += UNIT_BYTES;
    if (unit < 0xd800 || unit > 0xdfff)
        return unit;
    if (unit > 0xdbff || end - *at < UNIT_BYTES || (*at)[0] != '\\' ||
        (*at)[1] != 'u')
        return NOT_A_CHARACTER;
    low = read_unit(*at);
    if (low < 0xdc00 || low > 0xdfff)
        return NOT_A_CHARACTER;
    *at += UNIT_BYTES;
    return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

static char
meaning_of(char letter)
{
    switch (letter) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return letter;
    }
}

size_t
scan_decode(struct span text, char *out)
{
    const char *begin = out;
    const char *at = text.bytes, *end = text.bytes + text.length;

    while (at < end) {
        const char *escape = memchr(at, '\\', (size_t)(end - at));
        size_t plain = (size_t)((escape != NULL ? escape : end) - at);

        memcpy(out, at, plain);
        out += plain;
        if (escape == NULL)
            break;
        at = escape;
        if (at[1] == 'u') {
            out = utf8_put(out, read_code_point(&at, end));
        } else {
            *out++ = meaning_of(at[1]);
            at += 2;
        }
    }
    return (size_t)(out - begin);
}

/* ---- numbers and words ------------------------------------------------- */

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* One digit or more. */
static const char *
skip_digits(const struct scan *scan, const char *at)
{
    const char *begin = at;

    while (at < scan->end && is_digit(*at))
        at++;
    return at > begin ? at : NULL;
}

static const char *
skip_exponent(const struct scan *scan, const char *at)
{
    at++;
    if (at < scan->end && (*at == '+' || *at == '-'))
        at++;
    return skip_digits(scan, at);
}

const char *
scan_number(const struct scan *scan, const char *at)
{
    if (at < scan->end && *at == '-')
        at++;
    at = at < scan->end && *at == '0' ? at + 1 : skip_digits(scan, at);
    if (at != NULL && at < scan->end && *at == '.')
        at = skip_digits(scan, at + 1);
    if (at != NULL && at < scan->end && (*at == 'e' || *at == 'E'))
        at = skip_exponent(scan, at);
    return at;
}

const char *
scan_word(const struct scan *scan, const char *at, struct span word)
{
    return (size_t)(scan->end - at) >= word.length &&
                   memcmp(at, word.bytes, word.length) == 0
               ? at + word.length
               : NULL;
}

/* ---- values ------------------------------------------------------------ */

static const char *
skip_scalar(const struct scan *scan, const char *at)
{
    bool has_escapes;

    if (at == scan->end)
        return NULL;
    switch (*at) {
    case '"':
        return scan_string(scan, at, &has_escapes);
    case 't':
        return scan_word(scan, at, span_of("true", 4));
    case 'f':
        return scan_word(scan, at, span_of("false", 5));
    case 'n':
        return scan_word(scan, at, span_of("null", 4));
    default:
        return scan_number(scan, at);
    }
}

/* A member of an object, or an element of an array. */
static const char *
skip_item(struct scan *scan, const char *at, char closing, int levels)
{
    bool has_escapes;

    if (closing == '}') {
        at = scan_string(scan, at, &has_escapes);
        if (at != NULL)
            at = scan_colon(scan, at);
    }
    return at != NULL ? scan_value(scan, at, levels) : NULL;
}

/* The content of an array or object, up to its closing bracket. */
static const char *
skip_items(struct scan *scan, const char *at, char closing, int levels)
{
    at = scan_blanks(scan, at);
    if (at < scan->end && *at == closing)
        return at + 1;
    for (;;) {
        at = skip_item(scan, at, closing, levels);
        if (at == NULL)
            return NULL;
        at = scan_blanks(scan, at);
        if (at == scan->end)
            return NULL;
        if (*at == closing)
            return at + 1;
        if (*at != ',')
            return NULL;
        at = scan_blanks(scan, at + 1);
    }
}

const char *
scan_value(struct scan *scan, const char *at, int levels)
{
    if (at == scan->end || (*at != '{' && *at != '['))
        return skip_scalar(scan, at);
    if (levels == 0) {
        scan->too_deep = at;
        return NULL;
    }
    return skip_items(scan, at + 1, *at == '{' ? '}' : ']', levels - 1);
}
