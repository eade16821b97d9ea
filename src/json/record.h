/*
 * record - the values of one JSON object, by the slots of a shape.
 *
 * One yajl handle parses line after line without allocating. If it refuses a
 * line, it is replaced, because a handle that failed or was canceled cannot
 * continue. Strings without escapes are not copied; decoded strings are in an
 * arena that is cleared for each object. Keys that the shape does not name are
 * ignored. If a key appears twice, its last value counts.
 *
 * The text must be valid UTF-8 (base/utf8.h).
 */
#ifndef JSON_RECORD_H
#define JSON_RECORD_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "json/shape.h"
#include "json/tree.h"

enum { RECORD_DEPTH = 64 }; /* most levels of arrays and objects */

struct record_value {
    enum json_kind kind;
    struct span text; /* a decoded string, or a number as it is written */
    struct span raw;  /* the value's JSON in the input */
};

struct record;

struct record *record_new(const struct shape *shape);
void record_free(struct record *record);

/* Parse one object. ERR_ROW, with the reason and the offset in the line, if
 * `text` is not exactly one JSON object, with or without blanks around it. The
 * values are borrowed from `text` and the record until the next object. If
 * `err` is NULL, nobody asks for the reason. Then nothing outside of the record
 * is used; an error would be redacted with the secrets of the process. */
MUST_CHECK bool
record_parse(struct record *record, struct span text, struct err *err);

/* Parse the JSON array `text`, and call `on_object` for each of its objects,
 * with the values in the record. Elements that are null are skipped. */
typedef bool
record_on_object(void *ctx, struct record *record, struct err *err);
MUST_CHECK bool
record_parse_array(struct record *record, struct span text,
                   record_on_object *on_object, void *ctx, struct err *err);

/* A value that is kept for later, without most of the record's memory. */
struct record_kept {
    const char *text;
    const char *raw;
    uint32_t text_bytes;
    uint32_t raw_bytes;
    int slot;
    enum json_kind kind;
};

/* Keep the values of the current object in `kept`, which has room for `room` of
 * them, and decoded strings in `strings`, which does not grow. Returns their
 * number; -1 if there is not enough room. They are borrowed from the text of
 * the object and from `strings`. */
int record_keep(const struct record *record, struct record_kept *kept,
                size_t room, struct buf *strings);

/* The current object of `record`, which has the same shape, becomes one that
 * was kept. */
void record_restore(struct record *record, const struct record_kept *kept,
                    int count, bool has_unknown_keys);

/* Did the object have keys at its top level that the shape does not name? */
bool record_has_unknown_keys(const struct record *record);

/* The value of a slot, or NULL if the object does not have it. */
const struct record_value *record_get(const struct record *record, int slot);

#endif
