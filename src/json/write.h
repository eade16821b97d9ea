/*
 * json_out - JSON put together in a buf, its commas where they belong.
 *
 *     json_out_open(&json, '{');
 *     json_out_text(&json, "store", name);
 *     json_out_key(&json, "tables");
 *     json_out_open(&json, '[');
 *     ...
 *     buf_append_str(&json, "]}");
 *
 * What was written last tells whether a comma is due: none behind '{', '[',
 * ':' or a line's end, nor at the start. Brackets are closed by the caller.
 */
#ifndef JSON_WRITE_H
#define JSON_WRITE_H

#include <stdint.h>

#include "base/buf.h"

/* A comma where one is due; before an element that is written otherwise. */
void json_out_comma(struct buf *json);

/* '{' or '[', as an element or as the value of the key before. */
void json_out_open(struct buf *json, char bracket);

/* An element of an array; NULL is null. */
void json_out_string(struct buf *json, const char *text);

/* "key": - its value is written next. */
void json_out_key(struct buf *json, const char *key);

/* Members. Text: NULL is null. Count: -1 is null, not known. */
void json_out_text(struct buf *json, const char *key, const char *text);
void json_out_number(struct buf *json, const char *key, int64_t number);
void json_out_count(struct buf *json, const char *key, int64_t count);
void json_out_boolean(struct buf *json, const char *key, bool truth);

#endif
