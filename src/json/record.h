/*
 * record - the values of one JSON object by slot of a shape.
 *
 * One yajl handle serves line after line without allocating; a line that it
 * refuses costs the handle, which is then replaced (a cancelled or failed one
 * stays dead). Strings without escapes stay where they are in the line;
 * decoded ones are copied to an arena that is cleared per object. Keys that
 * the shape does not name are passed over, of a key that came twice the last
 * value counts.
 *
 * The caller has seen to it that the text is valid UTF-8 (utf8.h).
 */
#ifndef JSON_RECORD_H
#define JSON_RECORD_H

#include "base/err.h"
#include "base/span.h"
#include "json/shape.h"
#include "json/tree.h"

enum { RECORD_DEPTH = 64 }; /* arrays and objects within each other */

struct record_value {
    enum json_kind kind;
    struct span text; /* of a string, decoded; of a number, as written */
    struct span raw;  /* the value's JSON as it stands in the input */
};

struct record;

struct record *record_new(const struct shape *shape);
void record_free(struct record *record);

/* Take one object. ERR_ROW, saying what is wrong and where in the line, when
 * `text` is not one JSON object and nothing else but blanks. The values are
 * borrowed from `text` and the record until the next object. */
MUST_CHECK bool
record_parse(struct record *record, struct span text, struct err *err);

/* Take each object of the JSON array `text`, null elements passed over;
 * `on_object` is called with the record holding its values. */
typedef bool
record_on_object(void *ctx, struct record *record, struct err *err);
MUST_CHECK bool
record_parse_array(struct record *record, struct span text,
                   record_on_object *on_object, void *ctx, struct err *err);

/* Did the object itself have keys that the shape does not name? */
bool record_has_unknown_keys(const struct record *record);

/* The value at a slot; NULL when the object did not have it. */
const struct record_value *record_get(const struct record *record, int slot);

#endif
