/*
 * schema - the store's GraphQL types, as far as a query needs them.
 *
 * Types come one by one, each as one introspection object (`__type`, or an
 * element of `__schema.types`): from the store, from the journal's cache, or
 * from a file. A schema knows what it was given; what a query needs besides
 * is told by gql_schema_missing(), so that whoever owns the source can fetch
 * it and ask again.
 */
#ifndef GRAPHQL_SCHEMA_H
#define GRAPHQL_SCHEMA_H

#include "base/arena.h"
#include "base/dict.h"
#include "base/err.h"
#include "base/span.h"
#include "graphql/document.h"

enum gql_type_kind {
    GQL_SCALAR_TYPE,
    GQL_OBJECT_TYPE,
    GQL_INTERFACE_TYPE,
    GQL_UNION_TYPE,
    GQL_ENUM_TYPE,
    GQL_INPUT_TYPE
};

/* A type as used: [Product!]! is {non_null} {list, non_null} Product. */
struct gql_type_ref {
    const char *name;        /* of the named type at its core */
    enum gql_type_kind kind; /* of that type, as introspection says */
    unsigned list_depth;     /* 0: no list */
    bool non_null;           /* the outermost */
    const char *text;        /* "[Product!]!" for messages */
};

struct gql_input {
    const char *name;
    const char *description; /* "" when none */
    struct gql_type_ref type;
    bool has_default;
    struct gql_input *next;
};

struct gql_field {
    const char *name;
    struct gql_type_ref type;
    struct gql_input *arguments;
    bool deprecated;
    const char *deprecation_reason; /* "" when none */
    struct gql_field *next;
};

struct gql_name {
    const char *name;
    struct gql_name *next;
};

struct gql_type {
    enum gql_type_kind kind;
    const char *name;
    struct gql_field *fields;        /* OBJECT, INTERFACE */
    struct gql_name *interfaces;     /* OBJECT, INTERFACE */
    struct gql_name *possible_types; /* INTERFACE, UNION */
    struct gql_name *enum_values;    /* ENUM, deprecated ones included */
    struct gql_input *input_fields;  /* INPUT_OBJECT */
    struct dict fields_by_name;      /* and so the other lists */
    struct dict possible_by_name;
    struct dict values_by_name;
    struct dict inputs_by_name;
    struct gql_type *next; /* for the schema, in no order */
};

struct gql_schema; /* owned by the arena it was made in */

struct gql_schema *gql_schema_new(struct arena *arena);

/* The name of the query type; "QueryRoot" unless told otherwise. */
const char *gql_schema_query_type(const struct gql_schema *schema);
void gql_schema_set_query_type(struct gql_schema *schema, const char *name);

/* Add one type from its introspection object (JSON text). A type that is
 * there already is left as it is. ERR_FAILED when it is no such object, or
 * larger than makes sense: a store may answer anything. */
MUST_CHECK bool
gql_schema_add(struct gql_schema *schema, struct span json, struct err *err);

/* Remember that the source has no type of this name. */
void gql_schema_add_absent(struct gql_schema *schema, const char *name);
bool gql_schema_is_absent(const struct gql_schema *schema, const char *name);

/* NULL when not (yet) known. */
struct gql_type *
gql_schema_find(const struct gql_schema *schema, const char *name);

/* Every known type once, in no order. */
void gql_schema_each(const struct gql_schema *schema,
                     void (*visit)(void *ctx, const struct gql_type *type),
                     void *ctx);

/* The types that `document` needs and that are neither known nor absent: a
 * list in `arena`, each name once; NULL when nothing is missing. Fetch, add
 * and ask again: what a fetched type leads to is told by the next call. Types
 * of arguments count where the document gives the argument; scalars and
 * enumerations count only where a literal must be checked against one. */
struct gql_name *
gql_schema_missing(const struct gql_schema *schema,
                   const struct gql_document *document, struct arena *arena);

/* NULL when there is none of that name. */
struct gql_input *gql_find_input(struct gql_input *list, const char *name);
bool gql_name_in(const struct gql_name *list, const char *name);
struct gql_field *gql_type_field(const struct gql_type *type, const char *name);
struct gql_input *
gql_type_input_field(const struct gql_type *type, const char *name);
bool gql_type_has_value(const struct gql_type *type, const char *name);

/* An object, an interface or a union: something with fields to select. */
bool gql_kind_is_composite(enum gql_type_kind kind);
bool gql_type_is_abstract(const struct gql_type *type);

/* May an object of concrete type `object` be where `type` is expected? */
bool gql_type_admits(const struct gql_type *type, const char *object);

#endif
