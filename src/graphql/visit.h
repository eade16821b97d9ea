/*
 * visit - every field of a document that will be sent, where it is written.
 */
#ifndef GRAPHQL_VISIT_H
#define GRAPHQL_VISIT_H

#include "graphql/schema.h"

struct gql_visitor {
    const struct gql_document *document;
    const struct gql_schema *schema;
    struct arena *scratch;
    /* False ends the visit. `parent` is the type that the field is written
     * for. */
    bool (*field)(void *ctx, const struct gql_type *parent,
                  const struct gql_field *field,
                  const struct gql_selection *selection);
    void *ctx;
    struct dict seen; /* fragments; all zero at first */
};

/* Each field once, however often its fragment is spread; what is skipped, or
 * stands in fragments that are, is left out. Only after gql_check() said yes.
 * False when a call did. */
bool gql_visit(struct gql_visitor *visitor);

#endif
