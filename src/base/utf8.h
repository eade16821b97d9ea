/*
 * utf8 - checks UTF-8, and repairs it.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/arena.h"
#include "base/span.h"

/* Is `text` valid UTF-8 (RFC 3629: no overlong form, no surrogate, nothing
 * above U+10FFFF) without a NUL byte? If not, `*at` is the offset of the first
 * wrong byte. */
bool utf8_is_valid(struct span text, size_t *at);

/* The length of the well-formed character at `bytes`, which has `left` bytes. 0
 * if no character begins there, or if it is ASCII. See the table in RFC 3629,
 * section 4. */
size_t utf8_character_length(const char *bytes, size_t left);

/* `text` as valid UTF-8: itself, or a copy in `arena` in which bytes that are
 * not valid, such as half a character at its end, are U+FFFD. */
const char *utf8_repaired(struct arena *arena, const char *text);

#endif
