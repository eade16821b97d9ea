/*
 * handle - a yajl parser that is always there, and its memory. Private to
 * src/json.
 *
 * yajl does not look whether it got memory, so it gets ours (base/mem.h).
 * Strings are not validated: utf8.h does that, and is stricter.
 */
#ifndef JSON_HANDLE_H
#define JSON_HANDLE_H

#include <stdbool.h>
#include <yajl/yajl_parse.h>

yajl_alloc_funcs handle_memory(void);

/* Free with yajl_free(). `callbacks` are borrowed. */
yajl_handle handle_new(const yajl_callbacks *callbacks, void *ctx);

/* What can stand between two tokens that yajl tells of. */
static inline bool
json_is_between(char c)
{
    return c == ':' || c == ',' || c == ' ' || c == '\t' || c == '\r' ||
           c == '\n';
}

#endif
