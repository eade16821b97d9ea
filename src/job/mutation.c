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

static bool
parse(const struct store_state *store, const struct query_file *file,
      struct arena *arena, const struct dialect **dialect,
      struct gql_document **document, struct err *err)
{
    struct dialect *made = arena_alloc(arena, sizeof(*made));

    if (file->fault.kind != ERR_NONE) {
        *err = file->fault;
        return false;
    }
    *made = store->config->preset == NULL
                ? dialect_shopify
                : generic_dialect(store->config->preset);
    *dialect = made;
    return gql_parse(arena, file->path, file->text, document, err);
}

/* A source may have changed its types since they were cached. */
static bool
may_have_changed(const struct types_source *source)
{
    const struct store_config *config = source->store->config;

    return config->preset != NULL && source->file == NULL &&
           config->types_file == NULL && !source->afresh;
}

bool
mutation_prepare(struct context *context, struct store_state *store,
                 const struct query_file *file, const char *types_file,
                 const struct log_ctx *log, struct arena *arena,
                 const struct mutation **mutation, struct err *err)
{
    struct types_source source = {
        .file = types_file, .context = context, .store = store, .log = log};
    const struct dialect *dialect;
    struct gql_document *document;

    *mutation = NULL;
    if (!parse(store, file, arena, &dialect, &document, err))
        return false;
    if (build_with_types(&source, file->job, document, dialect, arena, mutation,
                         err))
        return true;
    if (!err_is(err, MSG_QUERY_TYPES) || !may_have_changed(&source))
        return false;
    source.afresh = true;
    return build_with_types(&source, file->job, document, dialect, arena,
                            mutation, err);
}

/* Types that are not there any more do not matter. */
static bool
build_sent(const struct types_source *source, const char *job,
           const struct gql_document *document, const struct dialect *dialect,
           struct arena *arena, const struct mutation **mutation,
           struct err *unread, struct err *err)
{
    struct gql_schema *schema = gql_schema_new(arena);
    struct arena texts = {0};
    bool gathered = types_gather(source, schema, document, &texts, err);

    arena_free(&texts);
    if (!gathered && err->kind != ERR_CONFIG)
        return false;
    mutation_build_sent(arena, job, document, schema, dialect, mutation,
                        unread);
    return true;
}

bool
mutation_prepare_sent(struct context *context, struct store_state *store,
                      const struct query_file *file, const struct log_ctx *log,
                      struct arena *arena, const struct mutation **mutation,
                      struct err *unread, struct err *err)
{
    struct types_source source = {
        .context = context, .store = store, .log = log};
    const struct dialect *dialect;
    struct gql_document *document;

    *mutation = NULL;
    if (!parse(store, file, arena, &dialect, &document, err) ||
        !build_sent(&source, file->job, document, dialect, arena, mutation,
                    unread, err))
        return false;
    if (unread->kind == ERR_NONE || !may_have_changed(&source))
        return true;
    source.afresh = true;
    return build_sent(&source, file->job, document, dialect, arena, mutation,
                      unread, err);
}
