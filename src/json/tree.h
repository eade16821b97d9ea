/*
 * tree - a small JSON document in memory, such as an answer of the store.
 *
 * It is for documents of limited size, not for results. Nodes and decoded
 * strings are in the caller's arena. Numbers keep their text. If a key appears
 * twice, json_get() returns the last value.
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
    struct span source; /* the value's bytes in the input; valid as long as
                         * the input is */
    const char *key;    /* the name of a member of an object, or NULL */
    size_t count;       /* number of children */
    struct json *first; /* first child */
    struct json *next;  /* sibling */
};

/* The limit is necessary because a node is 50 times as large as an element
 * such as "1,". */
enum { JSON_MAX_NODES = 100000 };

/* Parse all of `text`. It is an error if the text has more than JSON_MAX_DEPTH
 * levels, more than JSON_MAX_NODES values, or anything after the value. Fails
 * with ERR_FAILED and the place ("at byte 12"). */
MUST_CHECK bool json_parse(struct arena *arena, struct span text,
                           struct json **root, struct err *err);

/* The same, but the objects and arrays that are members of the root's member
 * `outer` are not parsed into nodes: only their `source` is set. */
MUST_CHECK bool
json_parse_outer(struct arena *arena, struct span text, const char *outer,
                 struct json **root, struct err *err);

/* The member `key` of an object. NULL if the object does not have it, or if
 * `object` is NULL or not an object. */
struct json *json_get(const struct json *object, const char *key);

/* The value at the end of a path of keys. The last argument is NULL. */
struct json *json_path(const struct json *root, ...) __attribute__((sentinel));

/* The text of a string (decoded) or of a number; NULL for other values. */
const char *json_str(const struct json *value);

/* Read an integer from a number, or from a string of digits such as "5033"
 * (Shopify's UnsignedInt64). False for anything else. */
bool json_int64(const struct json *value, int64_t *number);

/* Read a number from 2000, 2000.0 or "2000". False for anything else. */
bool json_double(const struct json *value, double *number);

bool json_is_true(const struct json *value);

#endif
