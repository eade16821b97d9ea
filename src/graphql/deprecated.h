/*
 * deprecated - what a document selects that the store means to take away.
 */
#ifndef GRAPHQL_DEPRECATED_H
#define GRAPHQL_DEPRECATED_H

#include "graphql/schema.h"

struct gql_deprecated {
    struct gql_pos pos;
    const char *type;   /* "Product" */
    const char *field;  /* "bodyHtml" */
    const char *reason; /* "" when none is given */
    struct gql_deprecated *next;
};

/* The deprecated fields of a document that gql_check() has passed, each place
 * once, in the order of the document; in `arena`. */
struct gql_deprecated *
gql_deprecated(const struct gql_document *document,
               const struct gql_schema *schema, struct arena *arena);

#endif
