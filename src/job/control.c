/*
 * The life of the control connection.
 *
 *     control_open() ─► used by all jobs ─► lost ─► control_reopen()
 *                            ▲                            │
 *                            └──── claims taken again ────┘
 *
 * Opening asks ahead for what the first steps need, so that it costs one wait.
 * One task reopens; the others wait for it and use the new connection.
 *
 * Hazards. The journal is borrowed while its connection is replaced, so that no
 * statement goes to the lost one. A claim that another process took meanwhile
 * is gone; its holder finds out with journal_check_claim().
 */
#include "job/control.h"

#include "base/clock.h"
#include "base/retry.h"
#include "config/dsn.h"
#include "job/finish.h"
#include "journal/store.h"
#include "pg/queue.h"
#include "sql.h"

enum {
    RESERVED_CONNECTIONS = 5, /* for other clients */
    LOADS_BY_DEFAULT = 16,
    STORES_ASKED_AHEAD = 2,
    FAR_US = 20000, /* the round trip to a distant database */
    FAR_CONNECTIONS = 3
};

/* The window of a TCP connection limits how much is on its way, so several
 * connections bring more to a distant database. */
int
control_connections(int configured, int64_t network_us,
                    int64_t free_connections, int64_t max_loads)
{
    int64_t loads = max_loads > 0 ? max_loads : 1;
    int64_t room = (free_connections - RESERVED_CONNECTIONS) / loads;

    return configured < FAR_CONNECTIONS && network_us >= FAR_US &&
                   room >= FAR_CONNECTIONS
               ? FAR_CONNECTIONS
               : configured;
}

/* The limit on concurrent loads is max_loads. By default it is as many as the
 * free connections of the database allow, but at most LOADS_BY_DEFAULT: one
 * thread feeds all loads, so more of them only cost memory. */
static bool
count_loads(struct context *context, struct err *err)
{
    int64_t free_connections;

    if (!journal_free_connections(context->journal, &free_connections, err))
        return false;
    context->loads_free = context->config.tuning.max_loads;
    context->connections = control_connections(
        context->config.connections, pg_network_us(context->control),
        free_connections, context->loads_free);
    if (context->loads_free > 0)
        return true;
    context->loads_free =
        (free_connections - RESERVED_CONNECTIONS) / context->connections;
    if (context->loads_free > LOADS_BY_DEFAULT)
        context->loads_free = LOADS_BY_DEFAULT;
    if (context->loads_free < 1)
        context->loads_free = 1;
    return true;
}

struct pg_config
control_config(const struct context *context, const char *name)
{
    return (struct pg_config){.dsn = context_dsn(context),
                              .application_name = name,
                              .has_repeats = context->owns_session,
                              .answer_timeout_ms =
                                  context->config.tuning.stall_timeout_ms};
}

static bool
connect_control(const struct context *context, struct pg_conn **conn,
                struct err *err)
{
    struct pg_config config = control_config(context, "bulkpg control");

    config.sets_up_later = true;
    return pg_connect(&config, conn, err);
}

/* Behind a pooler in transaction mode, locks are not kept, and another client
 * can get bulkpg's answers. */
static bool
check_session(const struct context *context, struct err *err)
{
    struct pg_config config = {.dsn = context_dsn(context),
                               .application_name = "bulkpg"};

    if (!pg_shares_session(context->control, &config))
        return true;
    err_set(err, MSG_SESSION_SHARED,
            "at %s a connection pooler shares bulkpg's session with other "
            "clients between transactions",
            pg_where(context->control));
    return false;
}

/* Connect. The hint says where the database is configured, unless the error
 * has a more specific hint. */
static bool
connect_first(struct context *context, struct err *err)
{
    if (connect_control(context, &context->control, err))
        return true;
    if (err->hint[0] != '\0')
        return false;
    if (context->options->dsn != NULL)
        err_hint(err, "check that the server is running and that --dsn is "
                      "correct");
    else if (context->config.dsn[0] != '\0')
        err_hint(err,
                 "check that the server is running and that dsn in %s is "
                 "correct",
                 context->config.path);
    else
        err_hint(err, "no dsn is given, so the PG* variables and libpq's "
                      "defaults apply; set dsn in [database], or use --dsn");
    return false;
}

/* Of more stores, each job asks itself. */
static void
ask_of_stores(struct context *context)
{
    size_t wanted = 0;

    for (size_t i = 0; i < context->config.store_count; i++)
        wanted += context_wants_store(context, &context->config.stores[i]);
    for (size_t i = 0; i < context->config.store_count; i++) {
        const struct store_config *store = &context->config.stores[i];

        if (wanted > STORES_ASKED_AHEAD || !context_wants_store(context, store))
            continue;
        if (context->options->types_file != NULL)
            journal_details_ahead(context->control, context, store->name);
        else
            journal_store_ahead(context->control, context, store->name,
                                store->api_version);
    }
}

/* All that is asked below and by the first jobs, in one wait. */
static bool
ask_ahead(struct context *context, bool make, struct err *err)
{
    if (make) /* check_session() asks it, too */
        pg_ask_ahead(context->control, context, sql_session_identity, 0, NULL);
    journal_open_ahead(context->control, context);
    if (make)
        ask_of_stores(context);
    return pg_settle(context->control, err);
}

bool
control_open(struct context *context, bool make, struct err *err)
{
    if (context->dsn == NULL &&
        !dsn_read(&context->config, context->options->dsn, &context->dsn, err))
        return false;
    context->owns_session = make; /* or check_session() fails */
    if (!connect_first(context, err) || !ask_ahead(context, make, err) ||
        (make && !check_session(context, err)) ||
        !journal_open(context->control, make, &context->journal, err)) {
        if (err->kind == ERR_TRANSIENT)
            err->kind = ERR_LATER;
        return false;
    }
    if (make)
        finish_listen(context, context->control);
    return count_loads(context, err);
}

/* One try. The journal is borrowed, so that no other task uses it while its
 * connection is replaced. */
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
    if (context->owns_session)
        finish_listen(context, conn);
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
            !retry_wait(backoff, 0, NULL, "reconnecting to the database", err))
            return false;
    backoff_succeeded(backoff);
    context->control_losses++;
    log_warn(NULL, MSG_RECONNECTED,
             "the database connection was lost, and bulkpg has reconnected",
             LOG_END);
    return true;
}

bool
control_reopen(struct context *context, struct err *err)
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

void
control_prune(struct context *context)
{
    struct journal_keep keep = context_keep(context);
    struct err err;

    if (!journal_prune(context->journal, &keep, &err))
        log_failure(LOG_WARN, NULL,
                    "cannot remove old runs and pushes from the journal", &err);
}

bool
control_begin_load(struct context *context, struct err *err)
{
    while (context->loads_free == 0)
        if (task_wait(&context->load_ended, CLOCK_NEVER) == TASK_STOPPED)
            return task_stopped(err);
    context->loads_free--;
    return true;
}

void
control_end_load(struct context *context)
{
    context->loads_free++;
    task_wake_all(&context->load_ended);
}
