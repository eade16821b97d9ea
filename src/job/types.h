/*
 * types - get the GraphQL types of a store.
 *
 * They come from the file of --types, if given. Otherwise they come from the
 * journal's cache, and from the store if they are not in the cache; the store's
 * answers are then saved there. Only types that a document needs are fetched.
 * Types of a source are cached for a day, because its API has no versions.
 */
#ifndef JOB_TYPES_H
#define JOB_TYPES_H

#include "graphql/schema.h"
#include "job/context.h"

/* The cache has the name of the mutation type under this name, which is not the
 * name of a type. */
#define TYPES_MUTATION_ENTRY "__schema.mutationType"

/* Where types come from: `file`, or `context` and `store`. The types of a
 * source come from its schema_file, if it has one. */
struct types_source {
    const char *file;          /* NULL: not given */
    struct context *context;   /* has the journal with the cache */
    struct store_state *store; /* NULL: only the file */
    bool afresh;               /* do not use the cache for a source */
    const struct log_ctx *log;
};

/* Add every type that `document` needs to `schema`. */
MUST_CHECK bool
types_gather(const struct types_source *source, struct gql_schema *schema,
             const struct gql_document *document, struct arena *arena,
             struct err *err);

#endif
