/*
 * value - checks values by the types of the API, and writes them as JSON.
 *
 * A value comes as the text of a PostgreSQL type, or as a part of jsonb.
 */
#ifndef MAPPING_VALUE_H
#define MAPPING_VALUE_H

#include "json/tree.h"
#include "json/write.h"
#include "mapping/mutation.h"

/* Kinds of PostgreSQL types. */
enum value_source {
    VALUE_TEXT,
    VALUE_BOOL,
    VALUE_INTEGER,
    VALUE_NUMERIC,
    VALUE_FLOAT,
    VALUE_JSON,
    VALUE_TIMESTAMP,
    VALUE_TIMESTAMPTZ,
    VALUE_DATE,
    VALUE_OTHER /* such as uuid, inet, or an enumeration */
};

struct value_type {
    enum value_source source; /* of the elements, if it is an array */
    bool is_array;
    const char *name; /* "timestamp"; "" if it is not known */
};

/* The type of an oid of pg_type. */
struct value_type value_type_of(uint32_t oid);

/* Can values of `from` be values of `to`? If not, *cast is how to write the
 * column, with %s for its name, and "" if there is no simple way. `gid_type` is
 * the type of ids that integers are; NULL: not known. */
bool value_fits(const struct dialect *dialect, const struct gql_type_ref *to,
                const struct value_type *from, const char *gid_type,
                const char **cast);

enum { VALUE_PATH_MAX = JSON_MAX_DEPTH + 8 };

struct value_writer {
    struct json_out *json;
    const struct mutation *mutation;
    struct arena *arena;  /* cleared after each row */
    const char *gid_type; /* of integers that are ids; NULL: not known */
    bool is_compared;     /* write 12.50 and 12.5 alike, to compare them */
    const char *found;    /* the kind of value that is written, for a fault */
    struct err *fault;

    struct {
        const char *name; /* of a field; NULL: an element of a list */
        size_t index;
    } path[VALUE_PATH_MAX]; /* inside the value, for the fault */

    int depth;
};

/* Write a value that is not NULL. False with a fault that names the place
 * inside of the value; the JSON is then incomplete. */
MUST_CHECK bool
value_write_text(struct value_writer *writer, const struct gql_type_ref *type,
                 const struct value_type *from, struct span text);
MUST_CHECK bool
value_write_json(struct value_writer *writer, const struct gql_type_ref *type,
                 const struct json *value);

/* Set a fault at the writer's place. Always returns false. The text must not
 * have a value of the row, because readers of the journal and of the log may
 * see it: only names, types and lengths. */
bool value_fault(struct value_writer *writer, const char *format, ...)
    PRINTF_LIKE(2, 3);

/* A member of an object that the type does not have, for a fault: its name in
 * quotation marks, or, if that looks like a value, its length. */
const char *value_member_name(struct arena *arena, const char *name);

/* Is it a whole gid, such as gid://shopify/Product/1? If so, *type is the
 * part "Product". */
bool value_is_gid(struct span text, struct span *type);

/* False if the JSON text has half of a surrogate pair, or the character NUL.
 * Its values would be sent as others. */
bool value_is_whole(struct span json);

#define VALUE_NOT_WHOLE \
    "it has half of a surrogate pair, or the character NUL in a name"

#endif
