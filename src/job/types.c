/*
 * Types are gathered in rounds: get the missing types, then look which types
 * they refer to, until the document needs no more.
 *
 * Each round asks the cache first, and the store only if the cache has none of
 * the types. What the store sent is saved at the end, also after a failure, so
 * that the next run does not ask again.
 *
 * Hazard. Jobs of one store would ask it for the same types at the same time.
 * A lock of the store makes them gather one after the other; the later ones
 * find the types in the cache.
 */
#include "job/types.h"

#include <string.h>

#include "api/introspect.h"
#include "graphql/types_file.h"
#include "job/store.h"
#include "journal/store.h"
#include "json/write.h"

#define SOURCE_MAX_AGE_MS (INT64_C(24) * 3600 * 1000)

/* ---- from a file ------------------------------------------------------- */

static bool
add_from_file(struct gql_types_file *file, struct gql_schema *schema,
              const struct gql_name *names, struct err *err)
{
    for (; names != NULL; names = names->next) {
        struct span json;

        if (!gql_types_file_find(file, names->name, &json))
            gql_schema_add_absent(schema, names->name);
        else if (!gql_schema_add(schema, json, err))
            return false;
    }
    return true;
}

static bool
gather_from_file(const char *path, const char *key, struct gql_schema *schema,
                 const struct gql_document *document, struct arena *arena,
                 struct err *err)
{
    struct gql_types_file *file;
    struct gql_name *missing;
    bool added = true;

    if (!gql_types_file_open(path, &file, err))
        return err_wrap(err, "%s", key);
    gql_schema_set_query_type(schema, gql_types_file_query_type(file));
    if (gql_types_file_mutation_type(file) != NULL)
        gql_schema_set_mutation_type(schema,
                                     gql_types_file_mutation_type(file));
    do {
        missing = gql_schema_missing(schema, document, arena);
        added = add_from_file(file, schema, missing, err);
    } while (added && missing != NULL);
    gql_types_file_free(file);
    return added;
}

/* ---- from the journal and the store ------------------------------------ */

struct gathering {
    const struct types_source *source;
    struct gql_schema *schema;
    struct arena *arena;
    struct introspect_way way;
    struct journal_types cached; /* sorted by name */
    bool has_all;                /* `cached` is the whole cache */
    /* What the API said, for the cache. */
    const char *query_type; /* NULL: it was not asked */
    struct journal_type *fetched;
    size_t fetched_count;
    size_t fetched_room;
};

static bool
ask(void *ctx, const struct request *request, struct arena *arena,
    struct json **data, struct err *err)
{
    const struct types_source *source = ctx;
    struct reply reply;
    bool ok = store_ask(source->context, source->store, request, NULL,
                        source->log, arena, &reply, err);

    *data = reply.data;
    return ok;
}

static bool
add_type(struct gql_schema *schema, const char *name, struct span json,
         struct err *err)
{
    if (json.length > 0)
        return gql_schema_add(schema, json, err);
    gql_schema_add_absent(schema, name);
    return true;
}

static void
keep_fetched(struct gathering *g, const char *name, struct span json)
{
    if (g->fetched_count == g->fetched_room) {
        size_t room = 2 * g->fetched_room + 16;
        struct journal_type *more = arena_array(g->arena, room, sizeof(*more));

        if (g->fetched_count > 0)
            memcpy(more, g->fetched, g->fetched_count * sizeof(*more));
        g->fetched = more;
        g->fetched_room = room;
    }
    g->fetched[g->fetched_count++] = (struct journal_type){
        .name = arena_strdup(g->arena, name),
        .json = span_of(arena_dup(g->arena, json), json.length)};
}

/* A type from the store: add it to the schema, and save it in the cache at the
 * end. */
static bool
on_type(void *ctx, const char *name, struct span json, struct err *err)
{
    struct gathering *g = ctx;

    keep_fetched(g, name, json);
    return add_type(g->schema, name, json, err);
}

/* Also after a failure, so that the next process need not ask again. */
static bool
save_fetched(const struct gathering *g, struct err *err)
{
    const struct store_config *store = g->source->store->config;
    struct journal_types types = {.types = g->fetched,
                                  .count = g->fetched_count};

    return (types.count == 0 && g->query_type == NULL) ||
           journal_types_save(g->source->context->journal, store->name,
                              store->api_version, g->query_type, &types, err);
}

static const char **
names_of(struct arena *arena, const struct gql_name *list, size_t *count)
{
    const char **names;

    *count = 0;
    for (const struct gql_name *n = list; n != NULL; n = n->next)
        (*count)++;
    names = arena_array(arena, *count + 1, sizeof(*names));
    *count = 0;
    for (const struct gql_name *n = list; n != NULL; n = n->next)
        names[(*count)++] = n->name;
    return names;
}

static bool
contains(struct span text, const char *part)
{
    return memmem(text.bytes, text.length, part, strlen(part)) != NULL;
}

/* Queries do not ask whether an input type takes exactly one of its fields, and
 * neither did earlier versions of bulkpg. A mutation must know. */
static bool
lacks_one_of(const struct gathering *g, const struct journal_type *type)
{
    return g->way.asks_one_of && contains(type->json, "\"INPUT_OBJECT\"") &&
           !contains(type->json, "\"isOneOf\"");
}

/* A store's types are those of its API version. A source may change its types
 * at any time. */
static bool
is_old(const struct gathering *g, const struct journal_type *type)
{
    const struct types_source *source = g->source;

    return lacks_one_of(g, type) ||
           (source->store->config->preset != NULL &&
            (source->afresh || type->age_ms > SOURCE_MAX_AGE_MS));
}

static bool
add_types(struct gathering *g, const struct journal_types *types, size_t *added,
          struct err *err)
{
    for (size_t i = 0; i < types->count; i++) {
        if (is_old(g, &types->types[i]))
            continue;
        if (!add_type(g->schema, types->types[i].name, types->types[i].json,
                      err))
            return false;
        (*added)++;
    }
    return true;
}

static const struct journal_type *
find_cached(const struct gathering *g, const char *name)
{
    for (size_t i = 0; i < g->cached.count; i++)
        if (strcmp(g->cached.types[i].name, name) == 0)
            return &g->cached.types[i];
    return NULL;
}

/* From the cache, which was read before as a whole unless it is too large. */
static bool
add_cached(struct gathering *g, const char *const *names, size_t count,
           size_t *added, struct err *err)
{
    const struct store_config *store = g->source->store->config;
    struct journal_types types;

    *added = 0;
    if (!g->has_all)
        return journal_types(g->source->context->journal, store->name,
                             store->api_version, names, count, g->arena, &types,
                             err) &&
               add_types(g, &types, added, err);
    for (size_t i = 0; i < count; i++) {
        const struct journal_type *type = find_cached(g, names[i]);

        if (type == NULL || is_old(g, type))
            continue;
        if (!add_type(g->schema, type->name, type->json, err))
            return false;
        (*added)++;
    }
    return true;
}

static bool
set_query_type(struct gathering *g, struct err *err)
{
    struct context *context = g->source->context;
    const struct store_config *store = g->source->store->config;
    const char *cached;
    char name[128];

    if (!journal_query_type(context->journal, store->name, store->api_version,
                            g->arena, &cached, err))
        return false;
    if (cached != NULL) {
        gql_schema_set_query_type(g->schema, cached);
        return true;
    }
    if (!introspect_query_type(&g->way, name, err))
        return false;
    g->query_type = arena_strdup(g->arena, name);
    gql_schema_set_query_type(g->schema, g->query_type);
    return true;
}

static bool
read_mutation_type(struct gathering *g, struct span json, struct err *err)
{
    struct json *entry;
    const char *name;

    if (!json_parse(g->arena, json, &entry, err))
        return false;
    name = json_str(json_get(entry, "name"));
    if (name != NULL)
        gql_schema_set_mutation_type(g->schema, name);
    g->way.asks_one_of = json_is_true(json_get(entry, "asksOneOf"));
    return true;
}

static bool
fetch_mutation_type(struct gathering *g, struct err *err)
{
    struct introspect_mutation found;
    struct buf text = buf_with_ceiling(1024);
    struct json_out *json;
    bool ok;

    if (!introspect_mutation_type(&g->way, &found, err))
        return false;
    json = json_out_new(&text);
    json_out_open(json, '{');
    json_out_text(json, "name", found.name[0] != '\0' ? found.name : NULL);
    json_out_boolean(json, "asksOneOf", found.asks_one_of);
    json_out_close(json, '}');
    json_out_free(json);
    keep_fetched(g, TYPES_MUTATION_ENTRY, buf_span(&text));
    ok = read_mutation_type(g, buf_span(&text), err);
    buf_free(&text);
    return ok;
}

/* From the cache, which may be too large to be there as a whole, or the API. */
static bool
set_mutation_type(struct gathering *g, const struct gql_document *document,
                  struct err *err)
{
    static const char *const entry[] = {TYPES_MUTATION_ENTRY};
    const struct store_config *store = g->source->store->config;
    const struct journal_type *cached = find_cached(g, entry[0]);
    struct journal_types types = {0};

    if (document->operations == NULL ||
        document->operations->kind != GQL_MUTATION)
        return true;
    if (!g->has_all &&
        !journal_types(g->source->context->journal, store->name,
                       store->api_version, entry, 1, g->arena, &types, err))
        return false;
    if (types.count > 0)
        cached = &types.types[0];
    if (cached != NULL && !is_old(g, cached))
        return read_mutation_type(g, cached->json, err);
    return fetch_mutation_type(g, err);
}

/* One round: get types from the cache, or, if it has none of them, from the
 * store. The next round gets the types that the new ones refer to. */
static bool
gather_round(struct gathering *g, const struct gql_name *missing,
             struct err *err)
{
    size_t count, added;
    const char **names = names_of(g->arena, missing, &count);

    if (!add_cached(g, names, count, &added, err))
        return false;
    return added > 0 ||
           introspect_types(&g->way, names, count, on_type, g, err);
}

static bool
gather_rounds(struct gathering *g, const struct gql_document *document,
              struct err *err)
{
    const struct store_config *store = g->source->store->config;
    struct gql_name *missing;

    if (!journal_all_types(g->source->context->journal, store->name,
                           store->api_version, g->arena, &g->cached,
                           &g->has_all, err) ||
        !set_query_type(g, err) || !set_mutation_type(g, document, err))
        return false;
    while ((missing = gql_schema_missing(g->schema, document, g->arena)) !=
           NULL)
        if (!gather_round(g, missing, err))
            return false;
    return true;
}

static bool
gather_from_store(struct gathering *g, const struct gql_document *document,
                  struct err *err)
{
    struct err other;

    if (gather_rounds(g, document, err))
        return save_fetched(g, err);
    (void)!save_fetched(g, &other);
    return false;
}

bool
types_gather(const struct types_source *source, struct gql_schema *schema,
             const struct gql_document *document, struct arena *arena,
             struct err *err)
{
    struct gathering g = {
        .source = source,
        .schema = schema,
        .arena = arena,
        .way = {.ask = ask, .ctx = (void *)(uintptr_t)source}};
    bool gathered;

    if (source->file != NULL)
        return gather_from_file(source->file, "--types", schema, document,
                                arena, err);
    if (source->store != NULL && source->store->config->types_file != NULL)
        return gather_from_file(source->store->config->types_file,
                                "schema_file", schema, document, arena, err);
    if (source->store == NULL || source->context->journal == NULL) {
        err_set(err, MSG_NO_TYPES, "the types of the store are not known");
        return err_hint(err, "give an introspection result with --types FILE");
    }
    if (!task_lock(&source->store->introspecting, err))
        return false;
    gathered = gather_from_store(&g, document, err);
    task_unlock(&source->store->introspecting);
    return gathered;
}
