/*
 * clean - a line as yajl and PostgreSQL can take it.
 *
 * yajl lets overlong forms and raw surrogates pass and decodes `\u0000` and
 * unpaired `\uD800` into other characters, while PostgreSQL refuses them in
 * text and jsonb; so both are settled on the line, before it is parsed. And
 * Shopify writes every slash as `\/`, those of ids too: without them yajl need
 * not take most strings apart byte by byte, nor we copy them.
 */
#ifndef JSON_CLEAN_H
#define JSON_CLEAN_H

#include "base/buf.h"
#include "base/span.h"

/* The JSON text in `out`, with `/` for `\/`, and `\ufffd` for `\u0000` and
 * for unpaired surrogate escapes, of which there were `*replaced`. False when
 * it is no UTF-8 as RFC 3629 has it or has a NUL byte: `*at` is the first byte
 * that is wrong. `out` holds as much as the text. */
MUST_CHECK bool
clean_json(struct span json, struct buf *out, size_t *replaced, size_t *at);

#endif
