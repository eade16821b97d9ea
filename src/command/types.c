#include <stdio.h>

#include "base/out.h"
#include "cli/process.h"
#include "command/commands.h"
#include "job/context.h"
#include "job/control.h"
#include "journal/store.h"

/* As a server would answer a standard introspection query, as far as this
 * store's queries have asked; --types takes it back. */
static void
print_types(const char *query_type, const struct journal_types *types)
{
    bool first = true;

    out_printf(stdout,
               "{\"data\":{\"__schema\":{\"queryType\":{\"name\":\"%s\"},"
               "\"types\":[",
               query_type);
    for (size_t i = 0; i < types->count; i++) {
        if (types->types[i].json.length == 0)
            continue;
        out_printf(stdout, "%s\n", first ? "" : ",");
        out_lines(stdout, types->types[i].json);
        first = false;
    }
    out_printf(stdout, "\n]}}}\n");
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
    if (query_type == NULL) {
        err_set(err, MSG_NO_TYPES, "no types of store %s at %s are known yet",
                store->name, store->api_version);
        return err_hint(err, "run, check or plan one of its jobs first");
    }
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
