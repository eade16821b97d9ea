/*
 * visit - visit each field of a document that is part of the result.
 */
#ifndef GRAPHQL_VISIT_H
#define GRAPHQL_VISIT_H

#include "graphql/schema.h"

struct gql_visitor {
    const struct gql_document *document;
    const struct gql_schema *schema;
    struct arena *scratch;
    /* Called for each field. `parent` is the type that the field is written
     * for. False ends the visit. */
    bool (*field)(void *ctx, const struct gql_type *parent,
                  const struct gql_field *field,
                  const struct gql_selection *selection);
    void *ctx;
    struct dict seen; /* the visited fragments; all zero at first */
};

/* Visit each field once, where it is written, however often its fragment is
 * spread. Leave out selections that @skip or @include remove, and fragments
 * that are spread only there. gql_check() must have passed the document.
 * False if a call of `field` returned false. */
bool gql_visit(struct gql_visitor *visitor);

#endif
