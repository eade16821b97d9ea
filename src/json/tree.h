/*
 * tree - a small JSON document held whole: API replies, introspection.
 *
 * For documents with a ceiling, never for results. Nodes and decoded strings
 * live in the caller's arena. Numbers keep their text. Of a key that came
 * twice json_get() gives the last value.
 */
#ifndef JSON_TREE_H
#define JSON_TREE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "json/walk.h"

struct json {
    enum json_kind kind;
    struct span text;   /* of a string or a number; a NUL follows it */
    struct span source; /* the bytes of the whole value in the input, which
                         * must outlive the tree for this to be used */
    const char *key;    /* in an object: its name; else NULL */
    size_t count;       /* of children */
    struct json *first; /* child */
    struct json *next;  /* sibling */
};

/* A node is 50 times as large as the "1," it may come from. */
enum { JSON_MAX_NODES = 100000 };

/* Parse `text` whole. Deeper than JSON_MAX_DEPTH levels, more than
 * JSON_MAX_NODES values, or anything behind the value, is an error.
 * ERR_FAILED, saying where ("at byte 12"). */
MUST_CHECK bool json_parse(struct arena *arena, struct span text,
                           struct json **root, struct err *err);

/* The same, but what the member `outer` of the root holds is not taken apart:
 * of its members that are objects or arrays only `source` is known. */
MUST_CHECK bool
json_parse_outer(struct arena *arena, struct span text, const char *outer,
                 struct json **root, struct err *err);

/* The member `key` of an object; NULL when absent, or not an object. NULL in,
 * NULL out, so that paths can be chained. */
struct json *json_get(const struct json *object, const char *key);

/* Along a path of keys that ends in NULL. */
struct json *json_path(const struct json *root, ...) __attribute__((sentinel));

/* The decoded text of a string or number, else NULL. */
const char *json_str(const struct json *value);

/* An integer out of a number or a string of digits ("5033"; Shopify's
 * UnsignedInt64). False when it is neither. */
bool json_int64(const struct json *value, int64_t *number);

/* A number out of 2000, 2000.0 or "2000". False when it is none. */
bool json_double(const struct json *value, double *number);

bool json_is_true(const struct json *value);

#endif
