/*
 * json_out - writes JSON to a buf, value by value.
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
 * yajl writes commas and colons. It refuses a sequence that is not JSON, such
 * as a value without its key. That is a bug in the caller and ends the program.
 *
 * Texts may contain any bytes. Bytes that are not UTF-8 and characters that
 * control a terminal are escaped as in the log (base/buf.h).
 */
#ifndef JSON_WRITE_H
#define JSON_WRITE_H

#include <stdint.h>

#include "base/buf.h"

struct json_out;

/* Write one value to the end of `to`, which is borrowed until json_out_free().
 * If it did not fit, to->overflowed is true. */
struct json_out *json_out_new(struct buf *to);
void json_out_free(struct json_out *json); /* NULL is allowed */

/* End the value: print it and a newline to stdout, and free the writer and its
 * buffer. */
void json_out_print(struct json_out *json, struct buf *text);

/* Begin another value, also if the last one is not complete. The caller clears
 * the buffer. */
void json_out_again(struct json_out *json);

/* Begin an object with '{' or an array with '[', as an element or as the value
 * of the last key; and end it with the closing bracket. */
void json_out_open(struct json_out *json, char bracket);
void json_out_close(struct json_out *json, char bracket);

/* Write a key and begin its array. Begin an object on a line of its own, as an
 * element. */
void json_out_list(struct json_out *json, const char *key);
void json_out_row(struct json_out *json);

/* Begin a new line before the next element, or before the closing bracket. */
void json_out_line(struct json_out *json);

/* Write a string, as an element or as the value of the last key. NULL becomes
 * null. */
void json_out_string(struct json_out *json, const char *text);
void json_out_span(struct json_out *json, struct span text);

/* The same for an integer, and for a value that already is JSON. */
void json_out_integer(struct json_out *json, int64_t number);
void json_out_raw(struct json_out *json, struct span value);

/* Write a key. Its value must be written next. */
void json_out_key(struct json_out *json, const char *key);

/* Write a key and its value. The text NULL becomes null, and so does a count
 * below 0, which means unknown. */
void json_out_text(struct json_out *json, const char *key, const char *text);
void json_out_number(struct json_out *json, const char *key, int64_t number);
void json_out_count(struct json_out *json, const char *key, int64_t count);
void json_out_boolean(struct json_out *json, const char *key, bool truth);

#endif
