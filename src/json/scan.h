/*
 * scan - visits every value of a JSON text in order, and reads as little of it
 * as possible.
 *
 * It is for answers of megabytes, whose values are read again later. Brackets,
 * colons and commas are checked, and so are true, false and null. Of strings
 * and numbers only the ends are found, and that they have no newline. They may
 * be invalid, and keys and strings are as they are written, with escapes.
 *
 * Most members of an object need no visit each. Members that follow each other
 * make a run, which is visited once:
 *
 *     {"id": "7", "title": "x", "tags": ["a", "b"], "variants": {...}}
 *       on_key     └───────── on_run ───────────┘     on_key
 *       on_scalar                                     on_begin ... on_end
 */
#ifndef JSON_SCAN_H
#define JSON_SCAN_H

#include "base/buf.h"
#include "json/walk.h"

/* What struct json_visitor has, and:
 *
 * If `visits` is not NULL, only members are visited one by one whose key is in
 * it, or is not a GraphQL name, or begins with `_`, or is a long one that
 * begins with `b`. Other members may be, too.
 *
 * If `passes` is true after on_begin, only the end of the array or object is
 * looked for, and on_end comes next. A value that is passed over may also have
 * brackets that do not match. All spans are parts of the text. */
struct scan_visitor {
    void (*on_key)(void *ctx, struct span key);
    void (*on_begin)(void *ctx, enum json_kind kind);
    void (*on_end)(void *ctx, struct span source);
    void (*on_scalar)(void *ctx, enum json_kind kind, struct span source);
    void (*on_run)(void *ctx, struct span source); /* with the first key's
                                                    * quote */
    void *ctx;
    const uint64_t *visits; /* keys; see scan_key(). May change at each call */
    const bool *passes;
    const bool *stopped; /* as in struct json_visitor; may be NULL */
};

/* Add a key to `visits`. All keys: SCAN_ALL_KEYS. */
#define SCAN_ALL_KEYS UINT64_MAX

static inline uint64_t
scan_key(const char *key, size_t length)
{
    return UINT64_C(1) << (((unsigned char)key[0] + 5 * length) & 63);
}

/* ERR_FAILED, with the place ("at byte 12"), if the text is not one value; the
 * visitor has been called for everything before that place. Also returns false
 * if the visitor stopped. */
MUST_CHECK bool scan_text(struct span text, const struct scan_visitor *visitor,
                          struct err *err);

/* Decode a string as it is written, with its quotes. The result is in `source`
 * or in `room`. False if it is not valid. */
MUST_CHECK bool
scan_string(struct span source, struct buf *room, struct span *text);

#endif
