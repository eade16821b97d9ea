#include "job/context.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/retry.h"
#include "cli/screen.h"
#include "config/dsn.h"

enum {
    RESERVED_CONNECTIONS = 5, /* left to others */
    LOADS_BY_DEFAULT = 16,
    PREPARED_AT_ONCE = 16,
    STALL_TIMEOUT_MS = 60000, /* until the configuration is read */
    KNOWN_BYTES = 400         /* of a list in a hint */
};

#define INI "bulkpg.ini"

static const char user_agent[] = "bulkpg/" BULKPG_VERSION;

/* ---- running ----------------------------------------------------------- */

static volatile sig_atomic_t signals_seen;

static void
on_signal(int number)
{
    (void)number;
    if (++signals_seen > 1) {
        screen_abandon();
        _exit(EX_TEMPFAIL);
    }
    tasks_stop();
}

static void
catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
}

struct first_task {
    struct context *context;
    int (*body)(struct context *context);
    int status;
};

/* What is open ends inside the task: closing may wait. */
static void
close_all(struct context *context)
{
    for (size_t i = 0; i < context->config.store_count; i++)
        if (context->stores != NULL && context->stores[i].session != NULL)
            session_free(context->stores[i].session);
    free(context->stores);
    if (context->journal != NULL)
        journal_close(context->journal);
    if (context->control != NULL)
        pg_close(context->control);
    dsn_free(context->dsn);
    config_free(&context->config);
}

static void
run_first_task(void *ctx)
{
    struct first_task *first = ctx;

    first->status = first->body(first->context);
    close_all(first->context);
}

int
context_run(const struct options *options, int (*body)(struct context *context))
{
    struct context context = {.options = options,
                              .loads_free = 1,
                              .preparations_free = PREPARED_AT_ONCE};
    struct first_task first = {.context = &context, .body = body};
    struct err err;

    if (!http_new(STALL_TIMEOUT_MS, user_agent, &context.http, &err))
        return context_fail(&err);
    tasks_init(http_wait, context.http);
    catch_signals();
    task_spawn("main", run_first_task, &first);
    tasks_run();
    http_free(context.http);
    return first.status;
}

int
context_fail(const struct err *err)
{
    log_failure(LOG_ERROR, NULL, "nothing was done", err);
    return err_exit_status(err->kind);
}

int
context_fail_without_journal(const struct err *err)
{
    if (!err_is(err, MSG_NO_JOURNAL))
        return context_fail(err);
    log_info(NULL, "nothing ever ran into this database", LOG_END);
    return EX_OK;
}

/* ---- configuration ----------------------------------------------------- */

static bool
no_store_named(const struct options *options, struct err *err)
{
    config_missing(INI, err);
    if (options->dsn != NULL)
        err_hint(
            err,
            "bulkpg init writes one; -C DIR changes to its folder; "
            "without it check, plan and run need --domain, and load --types");
    return false;
}

/* A one-off from flags alone names its store by --store or --domain; one that
 * talks to no store need not. */
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
                       "an address on this machine has no store's name: give "
                       "one with --store");
    return config_add_store(&context->config, name, options->domain, err);
}

/* The one that was probably meant, and those there are. */
static bool
no_such_store(const struct config *config, const char *name, struct err *err)
{
    struct nearest nearest = nearest_to(name);
    struct buf known = buf_with_ceiling(KNOWN_BYTES);

    for (size_t i = 0; i < config->store_count; i++) {
        nearest_try(&nearest, config->stores[i].name);
        buf_printf(&known, "%s%s", i > 0 ? ", " : "", config->stores[i].name);
    }
    err_set(err, MSG_UNKNOWN_STORE, "there is no store \"%.100s\" in %s", name,
            config->path != NULL ? config->path : "the configuration");
    if (config->store_count == 0)
        err_hint(err, "there are none; a section [store NAME] makes one");
    else if (nearest.best != NULL)
        err_hint(err, "did you mean %s? there are %s", nearest.best,
                 buf_str(&known));
    else
        err_hint(err, "there are %s", buf_str(&known));
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

/* ---- network and database ---------------------------------------------- */

/* A command that works without a database has none to meet others in. */
static bool
lock_refresh(void *ctx, struct err *err)
{
    struct store_state *store = ctx;
    struct context *context = store->context;

    if (context->journal == NULL)
        return true;
    store->has_token_claim =
        context_reopen_database(context, err) &&
        journal_claim_token(context->journal, store->config->base_url,
                            store->config->client_id, err);
    return store->has_token_claim;
}

static void
unlock_refresh(void *ctx)
{
    struct store_state *store = ctx;

    if (store->has_token_claim)
        journal_release(store->context->journal, store->config->base_url,
                        store->config->client_id);
    store->has_token_claim = false;
}

/* ---- preparing --------------------------------------------------------- */

bool
context_begin_preparation(struct context *context, struct store_state *store,
                          struct err *err)
{
    while (context->preparations_free <= 0)
        if (task_wait(&context->preparation_ended, CLOCK_NEVER) == TASK_STOPPED)
            return task_stopped(err);
    context->preparations_free--;
    store->is_preparing = true;
    return true;
}

void
context_end_preparation(struct context *context, struct store_state *store)
{
    if (!store->is_preparing)
        return;
    store->is_preparing = false;
    context->preparations_free++;
    task_wake_all(&context->preparation_ended);
}

/* Types are asked for by the one job of the store that is prepared. */
static void
suspend_preparation(void *ctx, const char *what)
{
    struct store_state *store = ctx;

    if (strcmp(what, "introspect") == 0)
        context_end_preparation(store->context, store);
}

/* A stop is noticed by what comes next. */
static void
resume_preparation(void *ctx, const char *what)
{
    struct store_state *store = ctx;
    struct err err;

    if (strcmp(what, "introspect") == 0 && store->counts_preparations &&
        !context_begin_preparation(store->context, store, &err))
        store->is_preparing = false;
}

struct session *
context_session(struct context *context, struct store_state *store)
{
    const struct store_config *config = store->config;
    const struct tuning_config *tuning = &context->config.tuning;
    struct session_config session = {
        .store = config->name,
        .base_url = config->base_url,
        .api_version = config->api_version,
        .token = config->token,
        .client_id = config->client_id,
        .client_secret = config->client_secret,
        .refresh_token_file = config->refresh_token_file,
        .retry_initial_ms = tuning->retry_initial_ms,
        .retry_max_ms = tuning->retry_max_ms,
        .retry_budget_ms = tuning->retry_budget_ms,
        .refresh_lock = lock_refresh,
        .refresh_unlock = unlock_refresh,
        .suspend = suspend_preparation,
        .resume = resume_preparation,
        .ctx = store};

    if (store->session == NULL)
        store->session = session_new(context->http, &session);
    return store->session;
}

const char *
context_dsn(const struct context *context)
{
    return context->dsn != NULL ? context->dsn : "";
}

/* Loads at once: as said, else what the database's free connections allow, and
 * memory: one thread feeds them all, and gains nothing by more. */
static bool
count_loads(struct context *context, struct err *err)
{
    int64_t free_connections;
    int64_t per_load = context->config.connections;

    context->loads_free = context->config.tuning.max_loads;
    if (context->loads_free > 0)
        return true;
    if (!journal_free_connections(context->journal, &free_connections, err))
        return false;
    context->loads_free = (free_connections - RESERVED_CONNECTIONS) / per_load;
    if (context->loads_free > LOADS_BY_DEFAULT)
        context->loads_free = LOADS_BY_DEFAULT;
    if (context->loads_free < 1)
        context->loads_free = 1;
    return true;
}

static bool
connect_control(const struct context *context, struct pg_conn **conn,
                struct err *err)
{
    struct pg_config config = {.dsn = context_dsn(context),
                               .application_name = "bulkpg control",
                               .answer_timeout_ms =
                                   context->config.tuning.stall_timeout_ms};

    return pg_connect(&config, conn, err);
}

/* Else locks are not held, and answers can go to others. */
static bool
check_session(const struct context *context, struct err *err)
{
    struct pg_config config = {.dsn = context_dsn(context),
                               .application_name = "bulkpg"};

    if (!pg_shares_session(context->control, &config))
        return true;
    err_set(err, MSG_SESSION_SHARED,
            "at %s a connection pooler gives our session to others between "
            "two transactions",
            pg_where(context->control));
    return false;
}

/* Who says which database it is; a cause that has its own remedy keeps it. */
static bool
connect_first(struct context *context, struct err *err)
{
    if (connect_control(context, &context->control, err))
        return true;
    if (err->hint[0] != '\0')
        return false;
    if (context->options->dsn != NULL)
        err_hint(err, "is --dsn right?");
    else if (context->config.dsn[0] != '\0')
        err_hint(err, "is dsn in %s right?", context->config.path);
    else
        err_hint(err, "no dsn is given, so PG* variables and libpq's defaults "
                      "say where; write dsn = in [database], or give --dsn");
    return false;
}

bool
context_open_database(struct context *context, bool make, struct err *err)
{
    if (context->dsn == NULL &&
        !dsn_read(&context->config, context->options->dsn, &context->dsn, err))
        return false;
    if (!connect_first(context, err) ||
        (make && !check_session(context, err)) ||
        !journal_open(context->control, make, &context->journal, err)) {
        if (err->kind == ERR_TRANSIENT)
            err->kind = ERR_LATER;
        return false;
    }
    return count_loads(context, err);
}

/* One try. The journal is borrowed meanwhile, so that no statement of it is
 * on its way. */
static bool
replace_control(struct context *context, struct err *err)
{
    struct pg_conn *conn, *lost;
    bool taken;

    if (!connect_control(context, &conn, err))
        return false;
    if (!journal_borrow(context->journal, &lost, err)) {
        pg_close(conn);
        return false;
    }
    taken = journal_reopen(context->journal, conn, err);
    journal_give_back(context->journal);
    if (taken)
        context->control = conn;
    pg_close(taken ? lost : conn);
    return taken;
}

static bool
reopen_within_budget(struct context *context, struct err *err)
{
    struct backoff *backoff = &context->reopening_backoff;

    if (backoff->first_ms == 0)
        *backoff = context_backoff(context);
    while (!replace_control(context, err))
        if (err->kind != ERR_TRANSIENT ||
            !retry_wait(backoff, 0, NULL, "the database is out of reach", err))
            return false;
    backoff_succeeded(backoff);
    context->control_losses++;
    log_warn(NULL, MSG_RECONNECTED,
             "the connection to the database was lost and is back", LOG_END);
    return true;
}

bool
context_reopen_database(struct context *context, struct err *err)
{
    bool open;

    if (pg_is_alive(context->control))
        return true;
    if (!task_lock(&context->reopening, err))
        return false;
    open = pg_is_alive(context->control) || reopen_within_budget(context, err);
    task_unlock(&context->reopening);
    return open;
}

struct backoff
context_backoff(const struct context *context)
{
    const struct tuning_config *tuning = &context->config.tuning;

    return backoff_of(tuning->retry_initial_ms, tuning->retry_max_ms,
                      tuning->retry_budget_ms);
}

bool
context_begin_load(struct context *context, struct err *err)
{
    while (context->loads_free == 0)
        if (task_wait(&context->load_ended, CLOCK_NEVER) == TASK_STOPPED)
            return task_stopped(err);
    context->loads_free--;
    return true;
}

void
context_end_load(struct context *context)
{
    context->loads_free++;
    task_wake_all(&context->load_ended);
}
