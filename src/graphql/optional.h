/*
 * optional - fields with @optional that a store lacks or denies.
 *
 * They are removed from the document before it is checked, so that all that
 * follows sees a query of fields that the store has. What was removed is listed
 * in document->optional, because its columns stay.
 */
#ifndef GRAPHQL_OPTIONAL_H
#define GRAPHQL_OPTIONAL_H

#include "graphql/schema.h"

/* A field with @optional, which was left out, or is asked for. */
struct gql_left_out {
    const char *path; /* of response keys, without edges and node:
                       * "products.seo.title" */
    struct gql_pos pos;
    bool is_denied; /* false: the store's API does not have it */
    bool is_table;  /* a connection, or a list with @table */
    struct gql_left_out *next;
};

/* A field with a column, in a field that was left out. */
struct gql_left_leaf {
    const char *path;
    const struct gql_selection *field;
    const struct gql_field *definition; /* NULL: the store does not have it */
    const char *owner;    /* the type that has it; NULL: not known */
    bool is_abstract;     /* an object around it has an abstract type */
    const char *pg_type;  /* as another table has the column, "bigint"; NULL:
                            * none has it */
    const char *gid_type; /* the same for its ids; NULL: none */
    struct gql_left_leaf *next;
};

struct gql_optional {
    struct gql_left_out *fields; /* each path once, in the query's order */
    struct gql_left_leaf *leaves;
    struct gql_left_out *asked; /* fields with @optional that are left in the
                                 * document; each path once */
};

/* Remove the fields with @optional that `schema` does not have, and those that
 * lead to a denied field. `denied` is a list that ends in NULL, or NULL:
 *
 *     "products.seo.title"   the path of the field, without edges and node
 *     "?title"               each field of this name
 *
 * If a denied field is in several fields with @optional, the innermost one is
 * removed. A selection that would be empty gets a __typename. ERR_CONFIG if
 * nothing is left. A document without @optional is not changed. */
MUST_CHECK bool
gql_leave_out(struct gql_document *document, const struct gql_schema *schema,
              const char *const *denied, struct arena *arena, struct err *err);

/* Is this part of a path a level of pages: edges, node, nodes, items? */
bool gql_is_level(struct span part);

#endif
