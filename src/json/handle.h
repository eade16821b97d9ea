/*
 * handle - creates a yajl parser, and gives memory to yajl. Private to
 * src/json.
 *
 * yajl does not check whether an allocation failed, so it allocates with
 * base/mem.h, which ends the program then. yajl does not validate strings:
 * base/utf8.h does, and is stricter.
 */
#ifndef JSON_HANDLE_H
#define JSON_HANDLE_H

#include <stdbool.h>
#include <yajl/yajl_parse.h>

yajl_alloc_funcs handle_memory(void);

/* Never NULL. Free it with yajl_free(). `callbacks` are borrowed. */
yajl_handle handle_new(const yajl_callbacks *callbacks, void *ctx);

/* Can the character appear between two tokens that yajl reports? yajl also
 * takes form feeds and vertical tabs as blanks, which JSON does not allow. */
static inline bool
json_is_between(char c)
{
    return c == ':' || c == ',' || c == ' ' || c == '\t' || c == '\r' ||
           c == '\n' || c == '\f' || c == '\v';
}

#endif
