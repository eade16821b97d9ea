/*
 * index - finds values in a large JSON text in one pass, without keeping them.
 *
 * Paths name the values: keys joined by dots, and "[]" for every element of an
 * array.
 *
 *     data.__schema.types[]        each element
 *     data.__schema.types[].name   the name of each; reported before it
 */
#ifndef JSON_INDEX_H
#define JSON_INDEX_H

#include "base/err.h"
#include "base/span.h"

enum { JSON_INDEX_MAX_PATHS = 8 };

/* Called at the end of a value that path number `path` names. `source` is a
 * part of the text. `text` is the decoded string or the number, or empty for
 * other values; it is borrowed for the call. */
typedef void
json_index_fn(void *ctx, size_t path, struct span source, struct span text);

/* `count` is at most JSON_INDEX_MAX_PATHS. Fails as json_walk() does. */
MUST_CHECK bool
json_index(struct span text, const char *const *paths, size_t count,
           json_index_fn *found, void *ctx, struct err *err);

#endif
