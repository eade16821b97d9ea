/*
 * walk - every value of one JSON text in order, and where it lies.
 *
 * For texts that are in memory whole. The visitor is told of values as they
 * come, containers at both ends; nothing is kept here, so the text may be as
 * large as it likes, but not nested deeper than JSON_MAX_DEPTH.
 *
 *     {"a": [1, "x"]}   begin, key a, begin, scalar 1, scalar x, end, end
 */
#ifndef JSON_WALK_H
#define JSON_WALK_H

#include <stdbool.h>

#include "base/err.h"
#include "base/span.h"

enum { JSON_MAX_DEPTH = 64 };

enum json_kind {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER, /* text: as written */
    JSON_STRING, /* text: decoded */
    JSON_ARRAY,
    JSON_OBJECT
};

/* Spans called `source` lie in the text that was given; `key` and `text` are
 * borrowed for the call. */
struct json_visitor {
    /* The name of the object member whose value comes next. */
    void (*on_key)(void *ctx, struct span key);
    /* An array or an object begins, */
    void (*on_begin)(void *ctx, enum json_kind kind);
    /* and the one begun last ends. */
    void (*on_end)(void *ctx, struct span source);
    void (*on_scalar)(void *ctx, enum json_kind kind, struct span source,
                      struct span text);
    void *ctx;
    /* NULL, or: once it is true the walk ends, and `err` is left as the
     * visitor has filled it. */
    const bool *stopped;
};

/* ERR_FAILED, saying where ("at byte 12"), when `text` is not one value and
 * nothing else; the visitor has then seen what comes before. False, too, when
 * the visitor stopped it. */
MUST_CHECK bool json_walk(struct span text, const struct json_visitor *visitor,
                          struct err *err);

/* "yajl 2.1.0": what --version says. */
const char *json_version_text(void);

#endif
