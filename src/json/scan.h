/*
 * scan - visits every value of a JSON text in order, and reads as little of it
 * as possible.
 *
 * It is for answers of megabytes, whose values are read again later. Brackets,
 * colons and commas are checked, and so are true, false and null. Of strings
 * and numbers only the ends are found, and that they have no newline. They may
 * be invalid, and keys and strings are as they are written, with escapes.
 */
#ifndef JSON_SCAN_H
#define JSON_SCAN_H

#include "base/buf.h"
#include "json/walk.h"

/* What struct json_visitor has, and: if `passes` is true after on_begin, only
 * the end of the array or object is looked for, and on_end comes next. A value
 * that is passed over may also have brackets that do not match. All spans are
 * parts of the text. */
struct scan_visitor {
    void (*on_key)(void *ctx, struct span key);
    void (*on_begin)(void *ctx, enum json_kind kind);
    void (*on_end)(void *ctx, struct span source);
    void (*on_scalar)(void *ctx, enum json_kind kind, struct span source);
    void *ctx;
    const bool *passes;
    const bool *stopped; /* as in struct json_visitor; may be NULL */
};

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
