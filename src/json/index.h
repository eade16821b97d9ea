/*
 * index - where values lie in a large JSON text, in one pass, keeping none.
 *
 * The values wanted are named by paths: keys joined by dots, "[]" for any
 * element of an array.
 *
 *     data.__schema.types[]        each element
 *     data.__schema.types[].name   the name of each, before the element
 */
#ifndef JSON_INDEX_H
#define JSON_INDEX_H

#include "base/err.h"
#include "base/span.h"

enum { JSON_INDEX_MAX_PATHS = 8 };

/* The value at path `path` has ended: `source` lies in the text; `text` is
 * the decoded string or the number, borrowed for the call, else empty. */
typedef void
json_index_fn(void *ctx, size_t path, struct span source, struct span text);

/* At most JSON_INDEX_MAX_PATHS paths. ERR_FAILED as json_walk(). */
MUST_CHECK bool
json_index(struct span text, const char *const *paths, size_t count,
           json_index_fn *found, void *ctx, struct err *err);

#endif
