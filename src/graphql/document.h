/*
 * document - a parsed GraphQL document (executable, October 2021).
 *
 * All nodes are in the arena that is given to the parser. Each keeps its
 * position in the source, so that messages can say file:line:column. Lists are
 * linked in the order of the source. Names and decoded strings end in NUL.
 */
#ifndef GRAPHQL_DOCUMENT_H
#define GRAPHQL_DOCUMENT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

struct gql_pos {
    unsigned line;   /* from 1 */
    unsigned column; /* from 1, in characters, as editors count them */
};

enum gql_value_kind {
    GQL_VARIABLE, /* text: the name without '$' */
    GQL_INT,      /* text: as written */
    GQL_FLOAT,
    GQL_STRING, /* text: decoded; block strings without indentation */
    GQL_BOOLEAN,
    GQL_NULL,
    GQL_ENUM,
    GQL_LIST,
    GQL_OBJECT
};

struct gql_value {
    enum gql_value_kind kind;
    struct gql_pos pos;
    const char *text;
    bool boolean;
    struct gql_value *items;     /* of a list; `next` links them */
    struct gql_argument *fields; /* of an object */
    struct gql_value *next;
};

struct gql_argument {
    const char *name;
    struct gql_pos pos;
    struct gql_value *value;
    struct gql_argument *next;
};

struct gql_directive {
    const char *name;
    struct gql_pos pos;
    struct gql_argument *arguments;
    struct gql_directive *next;
};

struct gql_optional; /* graphql/optional.h */

enum gql_selection_kind { GQL_FIELD, GQL_INLINE_FRAGMENT, GQL_SPREAD };

struct gql_selection {
    enum gql_selection_kind kind;
    struct gql_pos pos;
    struct gql_pos name_pos;    /* of the name after the alias or the dots */
    const char *alias;          /* of a field; NULL: none */
    const char *name;           /* of a field or a spread fragment */
    const char *type_condition; /* of an inline fragment; may be NULL */
    struct gql_argument *arguments;
    struct gql_directive *directives;
    struct gql_selection *selections; /* NULL for a leaf */
    bool is_left_out;                 /* see graphql/optional.h */
    bool is_filler; /* bulkpg added it, so that the selection is not empty */
    struct gql_selection *next;
};

struct gql_variable {
    const char *name;
    struct gql_pos pos;
    const char *type;                /* "[ID!]!" */
    struct gql_value *default_value; /* NULL: none */
    struct gql_directive *directives;
    struct gql_variable *next;
};

enum gql_operation_kind { GQL_QUERY, GQL_MUTATION, GQL_SUBSCRIPTION };

struct gql_operation {
    enum gql_operation_kind kind;
    struct gql_pos pos;
    const char *name; /* NULL: anonymous */
    struct gql_variable *variables;
    struct gql_directive *directives;
    struct gql_selection *selections;
    struct gql_operation *next;
};

struct gql_fragment {
    const char *name;
    const char *type_condition;
    struct gql_pos pos;
    struct gql_pos name_pos;
    struct gql_pos condition_pos;
    struct gql_directive *directives;
    struct gql_selection *selections;
    struct gql_fragment *next;
};

struct gql_document {
    const char *file; /* for messages */
    struct gql_operation *operations;
    struct gql_fragment *fragments;
    struct gql_optional *optional; /* NULL before gql_leave_out() */
};

/* The response key of a field: its alias, or its name if it has none. */
const char *gql_response_key(const struct gql_selection *field);

/* Find by name; NULL if not found. */
struct gql_fragment *
gql_find_fragment(const struct gql_document *document, const char *name);
struct gql_directive *
gql_find_directive(struct gql_directive *list, const char *name);
struct gql_argument *
gql_find_argument(struct gql_argument *list, const char *name);

/* Do the directives leave the field out of the result? @skip(if: true) and
 * @include(if: false) do. */
bool gql_is_skipped(const struct gql_directive *directives);

/* Parse `text`: UTF-8, possibly with a byte order mark. Selections and values
 * may be nested up to 64 levels deep. Errors are ERR_CONFIG with
 * "file:line:column: ...". The document borrows `file`. */
MUST_CHECK bool
gql_parse(struct arena *arena, const char *file, struct span text,
          struct gql_document **document, struct err *err);

/* Print a document as text, operations first, indented by two spaces per level.
 * The text is canonical: equal documents give the same bytes. Directives are
 * included. */
void gql_print(const struct gql_document *document, struct buf *out);
void gql_print_value(const struct gql_value *value, struct buf *out);

/* Set the error "file:line:column: message" with the code `msg`. Always returns
 * false. */
bool
gql_error(struct err *err, enum msg msg, const struct gql_document *document,
          struct gql_pos pos, const char *format, ...) PRINTF_LIKE(5, 6);

#endif
