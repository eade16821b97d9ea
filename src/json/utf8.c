#include "json/utf8.h"

#include <stdint.h>
#include <string.h>

#include "base/hex.h"

/* ---- validity ---------------------------------------------------------- */

/* Length of the run of plain ASCII without NUL at the start of `bytes`. Eight
 * bytes at a time: the sum trick finds zero bytes, the high bits the rest. */
static size_t
ascii_run(const unsigned char *bytes, size_t length)
{
    const uint64_t ones = 0x0101010101010101U, highs = 0x8080808080808080U;
    size_t i = 0;

    while (i + 8 <= length) {
        uint64_t word;

        memcpy(&word, bytes + i, 8);
        if ((word & highs) != 0 || ((word - ones) & ~word & highs) != 0)
            break;
        i += 8;
    }
    while (i < length && bytes[i] != 0 && bytes[i] < 0x80)
        i++;
    return i;
}

static bool
is_tail(unsigned char c)
{
    return (c & 0xc0) == 0x80;
}

/* Length of the well-formed character at `bytes`, 0 when there is none: the
 * table of RFC 3629, section 4. */
static size_t
character_length(const unsigned char *b, size_t left)
{
    if (b[0] >= 0xc2 && b[0] <= 0xdf)
        return left >= 2 && is_tail(b[1]) ? 2 : 0;
    if (b[0] >= 0xe0 && b[0] <= 0xef) {
        unsigned char low = b[0] == 0xe0 ? 0xa0 : 0x80;
        unsigned char high = b[0] == 0xed ? 0x9f : 0xbf;

        return left >= 3 && b[1] >= low && b[1] <= high && is_tail(b[2]) ? 3
                                                                         : 0;
    }
    if (b[0] >= 0xf0 && b[0] <= 0xf4) {
        unsigned char low = b[0] == 0xf0 ? 0x90 : 0x80;
        unsigned char high = b[0] == 0xf4 ? 0x8f : 0xbf;

        return left >= 4 && b[1] >= low && b[1] <= high && is_tail(b[2]) &&
                       is_tail(b[3])
                   ? 4
                   : 0;
    }
    return 0;
}

bool
utf8_is_valid(struct span text, size_t *at)
{
    const unsigned char *bytes = (const unsigned char *)text.bytes;
    size_t i = 0;

    while (i < text.length) {
        size_t length;

        i += ascii_run(bytes + i, text.length - i);
        if (i == text.length)
            break;
        length = character_length(bytes + i, text.length - i);
        if (length == 0) {
            *at = i;
            return false;
        }
        i += length;
    }
    return true;
}

/* ---- escapes ----------------------------------------------------------- */

/* The code unit of the `\uXXXX` at `at`, -1 when there is no such escape. */
static int
code_unit(struct span json, size_t at)
{
    int unit = 0;

    if (at + 6 > json.length || json.bytes[at] != '\\' ||
        json.bytes[at + 1] != 'u')
        return -1;
    for (size_t i = at + 2; i < at + 6; i++) {
        int digit = hex_digit(json.bytes[i]);

        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

/* The next bad escape at or behind `*at`; false when there is none. `*next`
 * is where to go on. */
static bool
next_bad_escape(struct span json, size_t *at, size_t *next)
{
    for (;;) {
        const char *slash = *at < json.length ? memchr(json.bytes + *at, '\\',
                                                       json.length - *at)
                                              : NULL;
        int unit;

        if (slash == NULL)
            return false;
        *at = (size_t)(slash - json.bytes);
        unit = code_unit(json, *at);
        if (unit < 0) {
            *at += 2; /* another escape, or one that yajl will refuse */
            continue;
        }
        *next = *at + 6;
        if (unit >= 0xd800 && unit <= 0xdbff) {
            int low = code_unit(json, *next);

            if (low >= 0xdc00 && low <= 0xdfff) {
                *at += 12;
                continue;
            }
            return true;
        }
        if (unit == 0 || (unit >= 0xdc00 && unit <= 0xdfff))
            return true;
        *at = *next;
    }
}

size_t
utf8_count_bad_escapes(struct span json)
{
    size_t count = 0, at = 0, next;

    while (next_bad_escape(json, &at, &next)) {
        count++;
        at = next;
    }
    return count;
}

void
utf8_replace_bad_escapes(struct span json, struct buf *out)
{
    size_t done = 0, at = 0, next;

    buf_clear(out);
    while (next_bad_escape(json, &at, &next)) {
        buf_append(out, json.bytes + done, at - done);
        buf_append_str(out, "\\ufffd");
        at = done = next;
    }
    buf_append(out, json.bytes + done, json.length - done);
}
