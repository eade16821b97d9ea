/*
 * json_out - JSON appended to a buf, value by value.
 *
 *     json = json_out_new(&text);
 *     json_out_open(json, '{');
 *     json_out_text(json, "store", name);
 *     json_out_key(json, "tables");
 *     json_out_open(json, '[');
 *     ...
 *     json_out_close(json, ']');
 *     json_out_close(json, '}');
 *     json_out_free(json);
 *
 * yajl places commas and colons and refuses what is not JSON, such as a value
 * without its key: that is a bug of the caller's and ends the program.
 *
 * Text may hold anything. Bytes that are not UTF-8, and characters that change
 * what a terminal shows, are written as the log writes them (base/buf.h).
 */
#ifndef JSON_WRITE_H
#define JSON_WRITE_H

#include <stdint.h>

#include "base/buf.h"

struct json_out;

/* One value, at the end of `to`, which is borrowed until json_out_free().
 * Whether all of it found room is to->overflowed. */
struct json_out *json_out_new(struct buf *to);
void json_out_free(struct json_out *json); /* NULL: nothing */

/* '{' or '[', as an element or as the value of the key before; and its end. */
void json_out_open(struct json_out *json, char bracket);
void json_out_close(struct json_out *json, char bracket);

/* The next element, or the end of its list, begins a line. */
void json_out_line(struct json_out *json);

/* An element, or the value of the key before. NULL is null. */
void json_out_string(struct json_out *json, const char *text);
void json_out_span(struct json_out *json, struct span text);

/* The same, of a value that is JSON already. */
void json_out_raw(struct json_out *json, struct span value);

/* "key": - its value is written next. */
void json_out_key(struct json_out *json, const char *key);

/* Members. Text: NULL is null. Count: -1 is null, not known. */
void json_out_text(struct json_out *json, const char *key, const char *text);
void json_out_number(struct json_out *json, const char *key, int64_t number);
void json_out_count(struct json_out *json, const char *key, int64_t count);
void json_out_boolean(struct json_out *json, const char *key, bool truth);

#endif
