/*
 * document - a GraphQL executable document (October 2021), parsed.
 *
 * Every node lives in the arena given to the parser and keeps its position in
 * the source, so that later stages can say file:line:column. Lists are linked
 * in source order. Names and decoded strings are NUL-terminated.
 */
#ifndef GRAPHQL_DOCUMENT_H
#define GRAPHQL_DOCUMENT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

struct gql_pos {
    unsigned line;   /* from 1 */
    unsigned column; /* from 1, in characters, as editors count */
};

enum gql_value_kind {
    GQL_VARIABLE, /* text: the name without '$' */
    GQL_INT,      /* text: as written */
    GQL_FLOAT,
    GQL_STRING, /* text: decoded, block strings with their indentation gone */
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

enum gql_selection_kind { GQL_FIELD, GQL_INLINE_FRAGMENT, GQL_SPREAD };

struct gql_selection {
    enum gql_selection_kind kind;
    struct gql_pos pos;
    struct gql_pos name_pos;    /* behind the alias or the dots */
    const char *alias;          /* of a field; NULL without one */
    const char *name;           /* of a field or a spread fragment */
    const char *type_condition; /* of an inline fragment; may be NULL */
    struct gql_argument *arguments;
    struct gql_directive *directives;
    struct gql_selection *selections; /* NULL for a leaf */
    struct gql_selection *next;
};

struct gql_variable {
    const char *name;
    struct gql_pos pos;
    const char *type;                /* "[ID!]!" */
    struct gql_value *default_value; /* NULL without one */
    struct gql_directive *directives;
    struct gql_variable *next;
};

enum gql_operation_kind { GQL_QUERY, GQL_MUTATION, GQL_SUBSCRIPTION };

struct gql_operation {
    enum gql_operation_kind kind;
    struct gql_pos pos;
    const char *name; /* NULL when anonymous */
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
};

/* The response key: alias, else name. */
const char *gql_response_key(const struct gql_selection *field);

struct gql_fragment *
gql_find_fragment(const struct gql_document *document, const char *name);
struct gql_directive *
gql_find_directive(struct gql_directive *list, const char *name);
struct gql_argument *
gql_find_argument(struct gql_argument *list, const char *name);

/* Absent from the result: @skip(if: true) or @include(if: false). */
bool gql_is_skipped(const struct gql_directive *directives);

/* Parse `text` (UTF-8, a BOM allowed). Selections and values nest at most 64
 * deep. ERR_CONFIG with "file:line:column: ..." otherwise. `file` is
 * borrowed as long as the document lives. */
MUST_CHECK bool
gql_parse(struct arena *arena, const char *file, struct span text,
          struct gql_document **document, struct err *err);

/* Print back, two blanks a level, canonically: the same document always gives
 * the same bytes, operations first. Directives are printed as they stand. */
void gql_print(const struct gql_document *document, struct buf *out);
void gql_print_value(const struct gql_value *value, struct buf *out);

/* "file:line:column: message" with one of the codes QUERY_... Always returns
 * false. */
bool
gql_error(struct err *err, enum msg msg, const struct gql_document *document,
          struct gql_pos pos, const char *format, ...) PRINTF_LIKE(5, 6);

#endif
