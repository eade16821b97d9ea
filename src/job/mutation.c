#include "job/mutation.h"

#include "dialect/generic.h"
#include "dialect/shopify.h"
#include "job/types.h"

static bool
build_with_types(const struct types_source *source, const char *job,
                 const struct gql_document *document,
                 const struct dialect *dialect, struct arena *arena,
                 const struct mutation **mutation, struct err *err)
{
    struct gql_schema *schema = gql_schema_new(arena);
    struct arena texts = {0}; /* of all cached types: much larger than those
                               * that the mutation needs */
    bool gathered = types_gather(source, schema, document, &texts, err);

    arena_free(&texts);
    return gathered &&
           mutation_build(arena, job, document, schema, dialect, mutation, err);
}

bool
mutation_prepare(struct context *context, struct store_state *store,
                 const struct query_file *file, const char *types_file,
                 const struct log_ctx *log, struct arena *arena,
                 const struct mutation **mutation, struct err *err)
{
    struct types_source source = {
        .file = types_file, .context = context, .store = store, .log = log};
    struct gql_document *document;
    struct dialect *dialect = arena_alloc(arena, sizeof(*dialect));

    *mutation = NULL;
    if (file->fault.kind != ERR_NONE) {
        *err = file->fault;
        return false;
    }
    *dialect = store->config->preset == NULL
                   ? dialect_shopify
                   : generic_dialect(store->config->preset);
    if (!gql_parse(arena, file->path, file->text, &document, err))
        return false;
    if (build_with_types(&source, file->job, document, dialect, arena, mutation,
                         err))
        return true;
    /* A source may have changed its types since they were cached. */
    if (store->config->preset == NULL || types_file != NULL ||
        store->config->types_file != NULL || !err_is(err, MSG_QUERY_TYPES))
        return false;
    source.afresh = true;
    return build_with_types(&source, file->job, document, dialect, arena,
                            mutation, err);
}
