/*
 * schema - those of the store's GraphQL types that a query needs.
 *
 * The caller adds the types one by one, each as an introspection object
 * (`__type`, or an element of `__schema.types`) from the store, from the
 * journal's cache, or from a file. gql_schema_missing() lists the types that a
 * document needs and the schema lacks. The caller fetches them and asks again.
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

/* A reference to a type: [Product!]! is a list of Product, and neither the list
 * nor its items can be null. */
struct gql_type_ref {
    const char *name;        /* of the named type inside all wrappers */
    enum gql_type_kind kind; /* of the named type */
    unsigned list_depth;     /* number of lists around it; 0: not a list */
    bool non_null;           /* of the outermost wrapper */
    const char *text;        /* "[Product!]!" for messages */
};

struct gql_input {
    const char *name;
    const char *description; /* "": none */
    struct gql_type_ref type;
    bool has_default;
    struct gql_input *next;
};

struct gql_field {
    const char *name;
    struct gql_type_ref type;
    struct gql_input *arguments;
    bool deprecated;
    const char *deprecation_reason; /* "": none */
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
    bool one_of; /* INPUT_OBJECT: exactly one field must be given */
    struct dict fields_by_name; /* the lists above, by name */
    struct dict possible_by_name;
    struct dict values_by_name;
    struct dict inputs_by_name;
    struct gql_type *next; /* used by the schema; in no particular order */
};

/* A schema lives in the arena that it is created in. */
struct gql_schema;

struct gql_schema *gql_schema_new(struct arena *arena);

/* The name of the query type; "QueryRoot" unless it is set. */
const char *gql_schema_query_type(const struct gql_schema *schema);
void gql_schema_set_query_type(struct gql_schema *schema, const char *name);

/* The same for the mutation type; "Mutation" unless it is set. */
const char *gql_schema_mutation_type(const struct gql_schema *schema);
void gql_schema_set_mutation_type(struct gql_schema *schema, const char *name);

/* Add one type from its introspection object, a JSON text. A type that the
 * schema already has is not changed. ERR_FAILED if the text is not such an
 * object, or if it exceeds a limit: a store may send anything. */
MUST_CHECK bool
gql_schema_add(struct gql_schema *schema, struct span json, struct err *err);

/* Remember that the source has no type of this name. */
void gql_schema_add_absent(struct gql_schema *schema, const char *name);
bool gql_schema_is_absent(const struct gql_schema *schema, const char *name);

/* NULL if the type is not known, or not known yet. */
struct gql_type *
gql_schema_find(const struct gql_schema *schema, const char *name);

/* Call `visit` once for every known type, in no particular order. */
void gql_schema_each(const struct gql_schema *schema,
                     void (*visit)(void *ctx, const struct gql_type *type),
                     void *ctx);

/* List the types that `document` needs and that are neither known nor absent:
 * a list in `arena`, each name once; NULL if none is missing. Add these types
 * and call again, because they may lead to further types. Types of arguments
 * are needed only if the document gives the argument; scalars are never
 * needed, and enumerations only to check a literal. A mutation also needs the
 * types of its variables, with all that they contain, and those of the lists
 * of errors in its payload. */
struct gql_name *
gql_schema_missing(const struct gql_schema *schema,
                   const struct gql_document *document, struct arena *arena);

/* Read a type as it is written for a variable, "[ID!]!". Its text must live as
 * long as the reference; the name of the type is in the arena. False if the
 * schema does not have the type. */
MUST_CHECK bool
gql_schema_read_ref(const struct gql_schema *schema, struct arena *arena,
                    const char *text, struct gql_type_ref *ref);

/* Is it one of the five scalars that GraphQL itself defines? */
bool gql_is_builtin_scalar(const char *name);

/* Is this field of a payload a list of errors: userErrors, errors, or a list of
 * objects whose type ends in UserError? */
bool gql_is_error_list(const struct gql_field *field);

/* Find by name: NULL, or false, if there is none. */
struct gql_input *gql_find_input(struct gql_input *list, const char *name);
bool gql_name_in(const struct gql_name *list, const char *name);
struct gql_field *gql_type_field(const struct gql_type *type, const char *name);
struct gql_input *
gql_type_input_field(const struct gql_type *type, const char *name);
bool gql_type_has_value(const struct gql_type *type, const char *name);

/* Is it an object, an interface or a union, whose fields can be selected? */
bool gql_kind_is_composite(enum gql_type_kind kind);

/* Is it an interface or a union? */
bool gql_type_is_abstract(const struct gql_type *type);

/* Can a value of type `type` be an object of the object type `object`? */
bool gql_type_admits(const struct gql_type *type, const char *object);

#endif
