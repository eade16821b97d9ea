#include "json/clean.h"

#include <string.h>

#include "base/hex.h"
#include "base/step.h"
#include "base/utf8.h"

#define REPLACEMENT "\\ufffd"

enum { UNIT_BYTES = 6 /* of `\uXXXX`, and of REPLACEMENT */ };

struct cleaning {
    struct span json;
    size_t at;       /* bytes read so far */
    char *out;       /* where to write; never writes more than was read */
    size_t replaced; /* number of escapes replaced */
};

static bool
is_plain(char c)
{
    return (signed char)c >= ' ' && c != '\\';
}

/* Copy STEP bytes from `from`, and find those that are not plain. */
static step_found
copy_step(char *to, const char *from)
{
    step_bytes bytes = step_load(from);

    memcpy(to, &bytes, STEP);
    return step_find((bytes < ' ') | (bytes == '\\'));
}

/* Copy up to the next control byte, byte above ASCII, or backslash. A backslash
 * before a slash does not count: it is dropped. */
static void
copy_plain(struct cleaning *c)
{
    const char *from = c->json.bytes + c->at;
    const char *end = c->json.bytes + c->json.length;
    char *to = c->out;

    while (end - from >= STEP) {
        step_found found = copy_step(to, from);

        if (found == 0) {
            from += STEP;
            to += STEP;
            continue;
        }
        from += step_first(found);
        to += step_first(found);
        if (from[0] != '\\' || end - from < 2 || from[1] != '/')
            break;
        *to++ = '/';
        from += 2;
    }
    if (end - from < STEP)
        while (from < end && is_plain(*from))
            *to++ = *from++;
    c->at = (size_t)(from - c->json.bytes);
    c->out = to;
}

static void
copy(struct cleaning *c, size_t length)
{
    while (length-- > 0)
        *c->out++ = c->json.bytes[c->at++];
}

/* The code unit of the `\uXXXX` at `at`; -1 if that is not such an escape. */
static int
code_unit(struct span json, size_t at)
{
    int unit = 0;

    if (at + UNIT_BYTES > json.length || json.bytes[at] != '\\' ||
        json.bytes[at + 1] != 'u')
        return -1;
    for (size_t i = at + 2; i < at + UNIT_BYTES; i++) {
        int digit = hex_digit(json.bytes[i]);

        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

/* The length of the escape at `at`, or of the surrogate pair that begins there;
 * 0 if PostgreSQL cannot store the character. */
static size_t
unit_length(struct span json, size_t at, int unit)
{
    int low;

    if (unit >= 0xdc00 && unit <= 0xdfff)
        return 0;
    if (unit < 0xd800 || unit > 0xdbff)
        return unit > 0 ? UNIT_BYTES : 0;
    low = code_unit(json, at + UNIT_BYTES);
    return low >= 0xdc00 && low <= 0xdfff ? 2 * UNIT_BYTES : 0;
}

static void
clean_escape(struct cleaning *c)
{
    bool is_last = c->at + 1 == c->json.length;
    char what = is_last ? '\0' : c->json.bytes[c->at + 1];
    size_t length;
    int unit;

    if (what == '/') {
        c->at++;
        copy(c, 1);
        return;
    }
    unit = code_unit(c->json, c->at);
    if (unit < 0) { /* another escape, or an invalid one, which yajl refuses */
        copy(c, is_plain(what) || what == '\\' ? 2 : 1);
        return;
    }
    length = unit_length(c->json, c->at, unit);
    if (length > 0) {
        copy(c, length);
        return;
    }
    memcpy(c->out, REPLACEMENT, UNIT_BYTES);
    c->out += UNIT_BYTES;
    c->at += UNIT_BYTES;
    c->replaced++;
}

/* Copy or replace one byte or character that is not plain. False if it is NUL
 * or not UTF-8. */
static bool
clean_one(struct cleaning *c)
{
    char first = c->json.bytes[c->at];
    size_t length = 1;

    if (first == '\\') {
        clean_escape(c);
        return true;
    }
    if ((signed char)first < 0)
        length = utf8_character_length(c->json.bytes + c->at,
                                       c->json.length - c->at);
    if (first == '\0' || length == 0)
        return false;
    copy(c, length);
    return true;
}

bool
clean_append(struct span json, struct buf *out, size_t *replaced, size_t *at)
{
    struct cleaning c = {.json = json};
    char *begin;

    *replaced = 0;
    if (json.length == 0)
        return true;
    begin = c.out = buf_reserve(out, json.length);
    while (copy_plain(&c), c.at < json.length)
        if (!clean_one(&c)) {
            *at = c.at;
            return false;
        }
    buf_extend(out, (size_t)(c.out - begin));
    *replaced = c.replaced;
    return true;
}

bool
clean_json(struct span json, struct buf *out, size_t *replaced, size_t *at)
{
    buf_clear(out);
    return clean_append(json, out, replaced, at);
}

bool
clean_is_needless(struct span utf8)
{
    return memchr(utf8.bytes, '\\', utf8.length) == NULL &&
           memchr(utf8.bytes, '\0', utf8.length) == NULL;
}
