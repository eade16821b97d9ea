#include "base/utf8.h"

#include "base/buf.h"
#include "base/step.h"

/* The number of ASCII bytes other than NUL at the start of `bytes`. */
static size_t
ascii_run(const char *bytes, size_t length)
{
    size_t i = 0;

    while (i + STEPS <= length &&
           step_find((step_load(bytes + i) <= 0) |
                     (step_load(bytes + i + STEP) <= 0) |
                     (step_load(bytes + i + 2 * STEP) <= 0) |
                     (step_load(bytes + i + 3 * STEP) <= 0)) == 0)
        i += STEPS;
    for (; i + STEP <= length; i += STEP) {
        step_found found = step_find(step_load(bytes + i) <= 0);

        if (found != 0)
            return i + step_first(found);
    }
    while (i < length && (signed char)bytes[i] > 0)
        i++;
    return i;
}

static bool
is_tail(unsigned char c)
{
    return (c & 0xc0) == 0x80;
}

size_t
utf8_character_length(const char *bytes, size_t left)
{
    const unsigned char *b = (const unsigned char *)bytes;

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
    size_t i = 0;

    while (i < text.length) {
        size_t length;

        i += ascii_run(text.bytes + i, text.length - i);
        if (i == text.length)
            break;
        length = utf8_character_length(text.bytes + i, text.length - i);
        if (length == 0) {
            *at = i;
            return false;
        }
        i += length;
    }
    return true;
}

const char *
utf8_repaired(struct arena *arena, const char *text)
{
    struct span rest = span_str(text);
    struct buf clean = buf_with_ceiling(3 * rest.length + 1);
    const char *copy;
    size_t at;

    if (utf8_is_valid(rest, &at))
        return text;
    while (!utf8_is_valid(rest, &at)) {
        buf_append_span(&clean, span_head(rest, at));
        buf_append_str(&clean, "\xef\xbf\xbd");
        rest = span_tail(rest, at + 1);
    }
    buf_append_span(&clean, rest);
    copy = arena_strdup(arena, buf_str(&clean));
    buf_free(&clean);
    return copy;
}
