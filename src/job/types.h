/*
 * types - the store's GraphQL types, from wherever they are known.
 *
 * A file given by --types; else the journal's cache; else the store itself,
 * whose answers then fill the cache. Only what a document reaches is fetched.
 */
#ifndef JOB_TYPES_H
#define JOB_TYPES_H

#include "graphql/schema.h"
#include "job/context.h"

/* Where to look, in this order; NULL where there is none. */
struct types_source {
    const char *file;
    struct context *context; /* its journal and store, when `store` is set */
    struct store_state *store;
    const struct log_ctx *log;
};

/* Bring `schema` to know every type that `document` reaches. */
MUST_CHECK bool
types_gather(const struct types_source *source, struct gql_schema *schema,
             const struct gql_document *document, struct arena *arena,
             struct err *err);

#endif
