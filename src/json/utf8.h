/*
 * utf8 - what must hold of a line's bytes before it is parsed.
 *
 * yajl lets overlong forms and raw surrogates pass and decodes `\u0000` and
 * unpaired `\uD800` into other characters, while PostgreSQL refuses them in
 * text and jsonb; so both are settled on the raw line.
 */
#ifndef JSON_UTF8_H
#define JSON_UTF8_H

#include "base/buf.h"
#include "base/span.h"

/* Is `text` UTF-8 as RFC 3629 has it (no overlong form, no surrogate, nothing
 * past U+10FFFF), without a NUL byte? When not, `*at` is the offset of the
 * first byte that is wrong. */
bool utf8_is_valid(struct span text, size_t *at);

/* How many `\u0000` and unpaired surrogate escapes stand in this JSON text. */
size_t utf8_count_bad_escapes(struct span json);

/* The same text with `\ufffd` in their place, of equal length, in `out`. */
void utf8_replace_bad_escapes(struct span json, struct buf *out);

#endif
