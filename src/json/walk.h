/*
 * walk - visits every value of a JSON text in order, with its place.
 *
 * The whole text must be in memory. The visitor is called for each value, and
 * at both ends of an array or object. Nothing is kept, so the size of the text
 * is not limited, but it may have at most JSON_MAX_DEPTH levels.
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
    JSON_NUMBER, /* `text` is the number as it is written */
    JSON_STRING, /* `text` is the decoded string */
    JSON_ARRAY,
    JSON_OBJECT
};

/* `source` is a part of the text. `key` and `text` are borrowed for the call.
 */
struct json_visitor {
    /* The name of a member of an object. Its value comes next. */
    void (*on_key)(void *ctx, struct span key);
    /* An array or an object begins. */
    void (*on_begin)(void *ctx, enum json_kind kind);
    /* The innermost array or object ends. */
    void (*on_end)(void *ctx, struct span source);
    void (*on_scalar)(void *ctx, enum json_kind kind, struct span source,
                      struct span text);
    void *ctx;
    /* May be NULL. When it becomes true, the walk ends with the `err` that the
     * visitor has set. */
    const bool *stopped;
};

/* Fails with ERR_FAILED and the place ("at byte 12") if `text` is not exactly
 * one value; the visitor has been called for everything before that place. Also
 * returns false if the visitor stopped the walk. */
MUST_CHECK bool json_walk(struct span text, const struct json_visitor *visitor,
                          struct err *err);

/* The inside of an array or object that the walk leaves out. */
struct json_hole {
    size_t from; /* after the opening bracket */
    size_t to;   /* of the closing one */
};

/* The same, but the walk does not look into the holes, which are in order: an
 * array or object with a hole seems empty. */
MUST_CHECK bool
json_walk_around(struct span text, const struct json_hole *holes, size_t count,
                 const struct json_visitor *visitor, struct err *err);

/* "yajl 2.1.0", for --version. */
const char *json_version_text(void);

#endif
