#include "job/types.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "cli/process.h"
#include "command/commands.h"
#include "job/context.h"
#include "job/control.h"
#include "journal/store.h"
#include "json/write.h"

enum { TEXT_BYTES_MAX = 512 * 1024 * 1024 };

/* {"name": "Mutation"}; it is known if a mutation was planned or pushed. */
static void
print_mutation_type(struct json_out *json, const struct journal_types *types)
{
    for (size_t i = 0; i < types->count; i++)
        if (strcmp(types->types[i].name, TYPES_MUTATION_ENTRY) == 0) {
            json_out_key(json, "mutationType");
            json_out_raw(json, types->types[i].json);
        }
}

/* Prints the types as a server would answer a standard introspection query, so
 * that --types can read them. Only types that the store's queries have needed
 * are known. */
static void
print_types(const char *query_type, const struct journal_types *types)
{
    struct buf text = buf_with_ceiling(TEXT_BYTES_MAX);
    struct json_out *json = json_out_new(&text);

    json_out_open(json, '{');
    json_out_key(json, "data");
    json_out_open(json, '{');
    json_out_key(json, "__schema");
    json_out_open(json, '{');
    json_out_key(json, "queryType");
    json_out_open(json, '{');
    json_out_text(json, "name", query_type);
    json_out_close(json, '}');
    print_mutation_type(json, types);
    json_out_key(json, "types");
    json_out_open(json, '[');
    for (size_t i = 0; i < types->count; i++) {
        if (types->types[i].json.length == 0 ||
            strcmp(types->types[i].name, TYPES_MUTATION_ENTRY) == 0)
            continue;
        json_out_line(json);
        json_out_raw(json, types->types[i].json);
    }
    json_out_line(json);
    json_out_close(json, ']');
    json_out_close(json, '}');
    json_out_close(json, '}');
    json_out_close(json, '}');
    json_out_print(json, &text);
}

static bool
no_types(const struct store_config *store, struct err *err)
{
    if (store->types_file != NULL) {
        err_set(err, MSG_NO_TYPES,
                "the types of source %s are in its "
                "schema_file, %s",
                store->name, store->types_file);
        return err_hint(err, "read that file");
    }
    if (store->preset != NULL)
        err_set(err, MSG_NO_TYPES, "the journal has no types of source %s",
                store->name);
    else
        err_set(err, MSG_NO_TYPES,
                "the journal has no types of store %s, API version %s",
                store->name, store->api_version);
    return err_hint(err, "run bulkpg check, plan or run for the %s first",
                    store_config_kind(store));
}

static bool
show_types(struct context *context, struct arena *arena, struct err *err)
{
    const struct store_config *store;
    const char *query_type;
    struct journal_types types;

    if (!context_configure(context, err))
        return false;
    store = config_store(&context->config, context->options->stores[0]);
    if (!control_open(context, false, err) ||
        !journal_query_type(context->journal, store->name, store->api_version,
                            arena, &query_type, err) ||
        !journal_types(context->journal, store->name, store->api_version, NULL,
                       0, arena, &types, err))
        return false;
    if (query_type == NULL)
        return no_types(store, err);
    print_types(query_type, &types);
    return true;
}

static int
types(struct context *context)
{
    struct arena arena = {0};
    struct err err;
    int status = 0;

    if (!show_types(context, &arena, &err))
        status = process_fail(&err);
    arena_free(&arena);
    return status;
}

int
command_types(const struct options *options)
{
    return process_run(options, types);
}
