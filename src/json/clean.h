/*
 * clean - prepares a line for yajl and PostgreSQL.
 *
 * yajl accepts overlong forms and raw surrogates, and decodes `\u0000` and
 * unpaired `\uD800` into other characters. PostgreSQL refuses all of them in
 * text and jsonb. Therefore the line is cleaned before it is parsed. Shopify
 * also writes every slash as `\/`, even in ids. Without these escapes, yajl can
 * return most strings as they are, and they need not be copied.
 */
#ifndef JSON_CLEAN_H
#define JSON_CLEAN_H

#include "base/buf.h"
#include "base/span.h"

/* Write the JSON text to `out`, with `/` for `\/`, and with `\ufffd` for
 * `\u0000` and for unpaired surrogate escapes; `*replaced` counts these.
 * Returns false if the text has a NUL byte or is not UTF-8 (RFC 3629); `*at` is
 * the offset of the first wrong byte then. The ceiling of `out` must be at
 * least the length of the text. */
MUST_CHECK bool
clean_json(struct span json, struct buf *out, size_t *replaced, size_t *at);

/* The same, at the end of `out`. */
MUST_CHECK bool
clean_append(struct span json, struct buf *out, size_t *replaced, size_t *at);

/* Is there nothing to refuse or replace in a text that is valid UTF-8? */
bool clean_is_needless(struct span utf8);

#endif
