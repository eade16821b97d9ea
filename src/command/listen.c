/*
 * These tasks, until a signal:
 *
 *     main       serves HTTP (hook/server.h), and ends the others
 *     receiver   commits events on a session of its own (hook/receive.h)
 *     rounds     reads queries again, and does what is due from time to time
 *     worker     fetches what is pending (live/worker.h)
 *     restorers  one for each store: restores the subscriptions that Shopify
 *                has deleted, at the start and every hour, and five minutes
 *                after the store did not answer. Such a store delays no other
 *
 * The journal is created at the start, so that a missing privilege is reported
 * before the first webhook comes. Stores without a secret are reported, too;
 * without any that has one, the command fails.
 *
 * At a stop the server takes no more requests and finishes those that have
 * begun; then the receiver has an empty queue, and ends.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cli/process.h"
#include "command/commands.h"
#include "hook/receive.h"
#include "hook/server.h"
#include "hook/shops.h"
#include "job/control.h"
#include "job/store.h"
#include "live/subscriptions.h"
#include "live/worker.h"
#include "source/archive.h"

enum {
    BODIES_MIB = 64,
    ROUND_MS = 1000,
    PRUNE_EVERY_MS = 3600 * 1000,
    RESTORE_EVERY_MS = 3600 * 1000,
    RESTORE_AGAIN_MS = 300 * 1000, /* the store or the database was away */
    RETRY_MOST_MS = 10000,
    SILENCE_MS = 5000 /* of the database; a store does not wait longer */
};

struct restorer {
    struct context *context;
    struct store_state *store;
};

struct listener {
    struct context *context;
    struct shops shops;
    struct receiver *receiver;
    struct server *server;
    struct restorer *restorers; /* with room for all stores */
    size_t next_shop;           /* whose queries are read in the next round */
    int64_t pruned_ms;
};

/* ---- what is done from time to time ------------------------------------- */

/* The ordinary runs that a listener starts are archived. */
static void
prune(struct listener *listener)
{
    const struct archive_config *archive = &listener->context->config.archive;
    struct err err;

    if (clock_now_ms() - listener->pruned_ms < PRUNE_EVERY_MS)
        return;
    listener->pruned_ms = clock_now_ms();
    archive_prune(archive->directory, archive->keep_ms);
    if (control_reopen(listener->context, &err))
        control_prune(listener->context);
    else
        log_failure(LOG_WARN, NULL, "cannot remove old events from the journal",
                    &err);
}

/* Queries may be added and changed while webhooks come in. One store a round,
 * because parsing the queries of all stores takes too long for one. */
static void
read_queries(struct listener *listener)
{
    struct shops *shops = &listener->shops;

    if (listener->next_shop >= shops->count)
        listener->next_shop = 0;
    shop_read_jobs(&shops->items[listener->next_shop++]);
}

static void
run_rounds(void *ctx)
{
    struct listener *listener = ctx;

    while (task_sleep_until(clock_after_ms(ROUND_MS)) != TASK_STOPPED) {
        read_queries(listener);
        prune(listener);
    }
}

/* A store that another task has given up is asked again. Returns the time until
 * the next comparison: what does not answer when the machine starts is there a
 * little later. */
static int64_t
restore_subscriptions(const struct restorer *restorer)
{
    struct log_ctx log = {.store = restorer->store->config->name};
    struct err err;

    store_try_again(restorer->store);
    if (subscriptions_restore(restorer->context, restorer->store, &err))
        return RESTORE_EVERY_MS;
    if (err.kind != ERR_STOPPED)
        log_failure(LOG_WARN, &log, "cannot compare webhook subscriptions",
                    &err);
    return err.kind == ERR_TRANSIENT || err.kind == ERR_LATER
               ? RESTORE_AGAIN_MS
               : RESTORE_EVERY_MS;
}

static void
run_restorer(void *ctx)
{
    const struct restorer *restorer = ctx;

    int64_t next_ms;

    do
        next_ms = restore_subscriptions(restorer);
    while (task_sleep_until(clock_after_ms(next_ms)) != TASK_STOPPED);
}

static void
spawn_restorers(struct listener *listener, struct task_group *tasks)
{
    struct context *context = listener->context;

    for (size_t i = 0; i < context->config.store_count; i++) {
        struct store_state *store = &context->stores[i];
        struct restorer *restorer = &listener->restorers[i];

        if (!store->config->enabled || store->config->preset != NULL ||
            store->config->fault.kind != ERR_NONE)
            continue;
        *restorer = (struct restorer){context, store};
        task_group_spawn(tasks, "restorer", run_restorer, restorer);
    }
}

/* ---- the start ----------------------------------------------------------- */

static void
report_faults(const struct config *config)
{
    for (size_t i = 0; i < config->store_count; i++) {
        const struct store_config *store = &config->stores[i];
        struct log_ctx log = {.store = store->name};

        if (store->enabled && store->preset == NULL &&
            store->fault.kind != ERR_NONE)
            log_failure(LOG_ERROR, &log, "the store is left out",
                        &store->fault);
    }
}

/* Every store without a secret is reported. False if all are without. */
static bool
check_secrets(const struct shops *shops, struct err *err)
{
    size_t with = 0;

    for (size_t i = 0; i < shops->count; i++) {
        const struct store_config *store = shops->items[i].config;
        struct log_ctx log = {.store = store->name};

        if (shops_has_secret(shops, &shops->items[i]))
            with++;
        else
            log_warn(&log, MSG_NO_WEBHOOK_SECRET,
                     "webhooks of this store are refused: it has no secret",
                     LOG_STR("section", store->section), LOG_END);
    }
    return with > 0 || err_set(err, MSG_NO_WEBHOOK_SECRET,
                               "no store has a secret to verify webhooks with");
}

static struct backoff
reconnect_backoff(const struct context *context)
{
    struct backoff backoff = context_backoff(context);

    return backoff_of(backoff.first_ms,
                      backoff.most_ms < RETRY_MOST_MS ? backoff.most_ms
                                                      : RETRY_MOST_MS,
                      CLOCK_NEVER);
}

static bool
open_server(struct listener *listener, struct err *err)
{
    const struct options *options = listener->context->options;
    struct server_limits limits = {.bodies_bytes =
                                       (size_t)BODIES_MIB * 1024 * 1024};
    struct server_handler handler = {receiver_take, receiver_is_well,
                                     listener->receiver};

    return server_connections(&limits.connections, err) &&
           server_new(options->bind, (int)options->port, &limits, &handler,
                      &listener->server, err);
}

static void
say_listening(const struct listener *listener)
{
    log_info(NULL, "listening for webhooks",
             LOG_STR("address", listener->context->options->bind),
             LOG_NUM("port", server_port(listener->server)),
             LOG_NUM("stores", listener->shops.count), LOG_END);
}

/* ---- the command --------------------------------------------------------- */

static void
serve_all(struct listener *listener)
{
    struct task_group tasks = {0};
    struct live_worker worker;

    listener->restorers = mem_array(listener->context->config.store_count,
                                    sizeof(*listener->restorers));
    for (size_t i = 0; i < listener->shops.count; i++)
        shop_read_jobs(&listener->shops.items[i]);
    archive_make(listener->context->config.archive.directory);
    say_listening(listener);
    task_group_spawn(&tasks, "receiver", receiver_run, listener->receiver);
    task_group_spawn(&tasks, "rounds", run_rounds, listener);
    spawn_restorers(listener, &tasks);
    worker_begin(&worker, listener->context);
    server_run(listener->server);
    receiver_close(listener->receiver);
    worker_end(&worker);
    task_group_wait(&tasks);
    free(listener->restorers);
    log_info(NULL, "stopped listening", LOG_END);
}

static int
listen_for_webhooks(struct context *context)
{
    struct listener listener = {.context = context,
                                .pruned_ms = clock_now_ms()};
    struct pg_config database;
    struct backoff backoff;
    struct err err;
    bool ok = context_configure(context, &err);

    if (!ok)
        return process_fail(&err);
    report_faults(&context->config);
    shops_init(&listener.shops, context->config.stores,
               context->config.store_count);
    ok = check_secrets(&listener.shops, &err) &&
         control_open(context, true, &err);
    if (ok) {
        database = control_config(context, "bulkpg listen");
        if (database.answer_timeout_ms > SILENCE_MS)
            database.answer_timeout_ms = SILENCE_MS;
        backoff = reconnect_backoff(context);
        listener.receiver =
            receiver_new(&listener.shops, &database, &backoff, server_answer);
        ok = open_server(&listener, &err);
        if (ok)
            serve_all(&listener);
        if (listener.server != NULL)
            server_free(listener.server);
        receiver_free(listener.receiver);
    }
    shops_free(&listener.shops);
    return ok ? 0 : process_fail(&err);
}

int
command_listen(const struct options *options)
{
    return process_run(options, listen_for_webhooks);
}
