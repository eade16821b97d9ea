/*
 * utf8 - what is a character, and what is none.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/span.h"

/* Is `text` UTF-8 as RFC 3629 has it (no overlong form, no surrogate, nothing
 * past U+10FFFF), without a NUL byte? When not, `*at` is the offset of the
 * first byte that is wrong. */
bool utf8_is_valid(struct span text, size_t *at);

/* Of the well-formed character above ASCII at `bytes`, of which `left` are
 * there; 0 when there is none: the table of RFC 3629, section 4. */
size_t utf8_character_length(const char *bytes, size_t left);

#endif
