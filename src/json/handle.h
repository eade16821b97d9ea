/*
 * handle - a yajl parser that is always there. Private to src/json.
 *
 * yajl does not look whether it got memory, so it gets ours (base/mem.h).
 * Strings are not validated: utf8.h does that, and is stricter.
 */
#ifndef JSON_HANDLE_H
#define JSON_HANDLE_H

#include <yajl/yajl_parse.h>

/* Free with yajl_free(). `callbacks` are borrowed. */
yajl_handle handle_new(const yajl_callbacks *callbacks, void *ctx);

#endif
