/*
 * Begins and ends a process, reads its configuration, and finds its stores.
 *
 * Hazards. What is opened late may be missing when the context is closed.
 * Closing may wait for the server, so it is done inside a task, before the
 * scheduler ends.
 */
#include "job/context.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "config/dsn.h"

enum {
    PREPARED_AT_ONCE = 16,
    STALL_TIMEOUT_MS = 60000, /* until the configuration is read */
    KNOWN_BYTES = 400         /* of a list in a hint */
};

#define INI "bulkpg.ini"

static const char user_agent[] = "bulkpg/" BULKPG_VERSION;

bool
context_begin(struct context *context, const struct options *options,
              struct err *err)
{
    *context = (struct context){.options = options,
                                .loads_free = 1,
                                .preparations_free = PREPARED_AT_ONCE};
    if (!http_new(STALL_TIMEOUT_MS, user_agent, &context->http, err))
        return false;
    tasks_init(http_wait, context->http);
    return true;
}

void
context_close(struct context *context)
{
    for (size_t i = 0; i < context->config.store_count; i++) {
        if (context->stores == NULL)
            break;
        session_free(context->stores[i].session);
        endpoint_free(context->stores[i].endpoint);
    }
    rate_pool_free(&context->rates);
    free(context->stores);
    if (context->journal != NULL)
        journal_close(context->journal);
    pg_pool_close(&context->sessions);
    if (context->control != NULL)
        pg_close(context->control);
    dsn_free(context->dsn);
    explicit_bzero(&context->mask_key, sizeof(context->mask_key));
    config_free(&context->config);
}

void
context_end(struct context *context)
{
    http_free(context->http);
}

/* ---- configuration ----------------------------------------------------- */

static bool
no_store_named(const struct options *options, struct err *err)
{
    config_missing(INI, err);
    if (options->dsn != NULL)
        err_hint(
            err,
            "create one with bulkpg init, or name its folder with -C DIR; "
            "without bulkpg.ini, check, plan and run need --domain, and load "
            "needs --types");
    return false;
}

/* A command without bulkpg.ini names its store with --store or --domain. If it
 * sends no requests to a store, the name may be missing. */
static bool
add_store_of_flags(struct context *context, struct err *err)
{
    const struct options *options = context->options;
    const char *name = options->stores != NULL ? options->stores[0] : NULL;

    if (options->domain == NULL && context->config.store_count > 0)
        return true;
    if (options->domain == NULL && name == NULL) {
        if (options->types_file == NULL)
            return context->config.path != NULL || no_store_named(options, err);
        name = "local";
    }
    if (name == NULL && strncmp(options->domain, "http://", 7) == 0)
        return err_set(err, MSG_BAD_ARGUMENTS,
                       "bulkpg cannot derive the store's name from an address "
                       "on this machine: give one with --store");
    return config_add_store(&context->config, name, options->domain, err);
}

/* The hint names the store that was probably meant, and lists all stores. */
static bool
no_such_store(const struct config *config, const char *name, struct err *err)
{
    struct nearest nearest = nearest_to(name);
    struct buf known = buf_with_ceiling(KNOWN_BYTES);

    for (size_t i = 0; i < config->store_count; i++) {
        nearest_try(&nearest, config->stores[i].name);
        buf_printf(&known, "%s%s", i > 0 ? ", " : "", config->stores[i].name);
    }
    err_set(err, MSG_UNKNOWN_STORE, "%s has no store \"%.100s\"",
            config->path != NULL ? config->path : "the configuration", name);
    if (config->store_count == 0)
        err_hint(err, "there are no stores; add a section [store NAME]");
    else if (nearest.best != NULL)
        err_hint(err, "did you mean %s? The stores are %s", nearest.best,
                 buf_str(&known));
    else
        err_hint(err, "the stores are %s", buf_str(&known));
    buf_free(&known);
    return false;
}

static bool
check_stores_named(const struct context *context, struct err *err)
{
    const char *const *names = context->options->stores;

    for (; names != NULL && *names != NULL; names++)
        if (config_store(&context->config, *names) == NULL)
            return no_such_store(&context->config, *names, err);
    return true;
}

bool
context_configure(struct context *context, struct err *err)
{
    const struct options *options = context->options;
    bool one_off = options->domain != NULL || options->dsn != NULL ||
                   options->types_file != NULL;

    if (!config_read(&context->config, INI, !one_off, err) ||
        !add_store_of_flags(context, err) || !check_stores_named(context, err))
        return false;
    dsn_warn_if_exposed(&context->config);
    context->compare.bytes_left = (size_t)context->config.tuning.compare_bytes;
    http_set_timeouts(context->http, context->config.tuning.stall_timeout_ms,
                      context->config.tuning.request_timeout_ms);
    if (context->config.tuning.ca_file[0] != '\0')
        http_set_ca_file(context->http, context->config.tuning.ca_file);
    context->stores =
        mem_array(context->config.store_count, sizeof(*context->stores));
    for (size_t i = 0; i < context->config.store_count; i++) {
        context->stores[i].context = context;
        context->stores[i].config = &context->config.stores[i];
    }
    return true;
}

bool
context_wants_store(const struct context *context,
                    const struct store_config *store)
{
    const char *const *names = context->options->stores;

    if (context->options->domain != NULL)
        return store ==
               &context->config.stores[context->config.store_count - 1];
    if (names == NULL || *names == NULL)
        return store->enabled;
    for (; *names != NULL; names++)
        if (strcmp(*names, store->name) == 0)
            return true;
    return false;
}

struct store_state *
context_store(const struct context *context, const char *name)
{
    const struct store_config *store = config_store(&context->config, name);

    return store != NULL ? &context->stores[store - context->config.stores]
                         : NULL;
}

const char *
context_dsn(const struct context *context)
{
    return context->dsn != NULL ? context->dsn : "";
}

struct backoff
context_backoff(const struct context *context)
{
    const struct tuning_config *tuning = &context->config.tuning;

    return backoff_of(tuning->retry_initial_ms, tuning->retry_max_ms,
                      tuning->retry_budget_ms);
}

struct journal_keep
context_keep(const struct context *context)
{
    const struct tuning_config *tuning = &context->config.tuning;

    return (struct journal_keep){.journal_ms = tuning->journal_keep_ms,
                                 .rejects_ms = tuning->rejects_keep_ms,
                                 .push_ms = tuning->push_keep_ms};
}
