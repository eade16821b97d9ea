/*
 * deprecated - fields of a document that the store plans to remove.
 */
#ifndef GRAPHQL_DEPRECATED_H
#define GRAPHQL_DEPRECATED_H

#include "graphql/schema.h"

struct gql_deprecated {
    struct gql_pos pos;
    const char *type;   /* "Product" */
    const char *field;  /* "bodyHtml" */
    const char *reason; /* "" if none is given */
    struct gql_deprecated *next;
};

/* List the deprecated fields of a document that gql_check() has passed, each
 * place once, in the order of the document. The list is in `arena`. */
struct gql_deprecated *
gql_deprecated(const struct gql_document *document,
               const struct gql_schema *schema, struct arena *arena);

#endif
