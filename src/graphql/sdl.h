/*
 * sdl - a schema in GraphQL's schema definition language.
 *
 *     type Product implements Node { id: ID!  tags(first: Int): [String!] }
 *
 * sdl_parse() reads all definitions, and those that extend them. It skips
 * definitions of directives, directives other than @deprecated and @oneOf, and
 * descriptions other than those of arguments. A field or an argument that is
 * defined twice keeps its first definition: published schemas have such
 * fields.
 */
#ifndef GRAPHQL_SDL_H
#define GRAPHQL_SDL_H

#include "graphql/schema.h"

struct sdl_input {
    const char *name;
    const char *description;   /* NULL: none */
    const char *type;          /* as written: "[ID!]!" */
    const char *default_value; /* as GraphQL; NULL: none */
    struct gql_pos pos;        /* of the type */
    struct sdl_input *next;
};

struct sdl_field {
    const char *name;
    const char *type;
    struct gql_pos pos;
    struct sdl_input *arguments;
    const char *deprecated; /* the reason; NULL: it is not deprecated */
    struct sdl_field *next;
};

struct sdl_type {
    enum gql_type_kind kind;
    const char *name;
    struct gql_pos pos;
    bool is_defined; /* not only extended */
    bool one_of;     /* @oneOf */
    struct sdl_field *fields;
    struct sdl_input *inputs;    /* of an input type */
    struct gql_name *interfaces; /* that it implements */
    struct gql_name *possible;   /* of a union; of an interface: types that
                                  * implement it */
    struct gql_name *values;     /* of an enumeration */
    struct sdl_type *next;
};

struct sdl {
    const char *query_type;
    const char *mutation_type; /* NULL: none */
    struct sdl_type *types;    /* in the order of the file */
    struct dict by_name;
    size_t count;
};

/* Read `text` of the file `path`. Everything is in the arena. ERR_CONFIG with
 * "path:line:column: ..." for a text that is not valid, a type that is defined
 * twice, and a field of an unknown type. */
MUST_CHECK bool sdl_parse(struct arena *arena, const char *path,
                          struct span text, struct sdl *sdl, struct err *err);

#endif
