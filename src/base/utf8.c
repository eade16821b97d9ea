#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

/* The number of ASCII bytes other than NUL at the start of `bytes`. The loop
 * takes eight bytes at a time: the subtraction finds zero bytes, the high bits
 * show bytes that are not ASCII. */
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
    const unsigned char *bytes = (const unsigned char *)text.bytes;
    size_t i = 0;

    while (i < text.length) {
        size_t length;

        i += ascii_run(bytes + i, text.length - i);
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
