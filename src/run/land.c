/*
 *     one attempt:  stream ─► adapt the tables ─► commit
 *       ▲              │              │              │
 *       │              │              └─ a lock: ────┴─ a deadlock: retry the
 *       │              │                 same step, staging is unchanged
 *       │              ▼
 *       ├── WIDEN            an id or number does not fit: once per column
 *       ├── REFUSED_LINES    PostgreSQL refuses rows: continue without them
 *       ├── NOT_COMPARED     unchanged rows must be sent, too: once
 *       ├── RESTART          the file changed under the download: 3 times
 *       └── transient        the database, while the control connection is
 *                            alive and the retry budget lasts
 *
 * The loop at the end of land_results() decides whether there is another
 * attempt. Between two attempts the staging tables are dropped and the tables
 * are inspected again. A paged run keeps its staging: the next attempt
 * continues with the page that failed (run/page.c). URL_LAPSED is not handled
 * here: run/run.c asks the origin for a new URL.
 */
#include "run/land.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/retry.h"
#include "job/control.h"
#include "job/masks.h"
#include "journal/frontier.h"
#include "journal/merge.h"
#include "journal/store.h"
#include "journal/watermark.h"
#include "load/adapt.h"
#include "load/gids.h"
#include "load/kept.h"
#include "load/obstacle.h"
#include "load/stage.h"
#include "plan/mask.h"
#include "run/commit.h"
#include "run/dry.h"
#include "run/head_start.h"
#include "run/hidden_orders.h"
#include "run/staged.h"
#include "run/stream.h"

enum { RESTARTS_MAX = 3 };

/* Wait before another try, if the failure is transient and `conn`, which the
 * next try needs, is alive. */
static bool
may_retry(const struct run *run, struct backoff *backoff,
          const struct pg_conn *conn, const char *what, struct err *err)
{
    return err->kind == ERR_TRANSIENT && pg_is_alive(conn) &&
           retry_wait(backoff, 0, run->log, what, err);
}

void
land_drop_staging(struct journal *journal, int64_t run_id)
{
    struct pg_conn *control;
    struct err err;

    task_shield();
    if (journal_borrow(journal, &control, &err)) {
        stage_drop(control, run_id);
        journal_give_back(journal);
    }
    task_unshield();
}

void
land_forget_pages(struct run *run)
{
    struct err err;

    task_shield();
    land_drop_staging(run->journal, run->ref.run_id);
    if (!journal_frontier_end(run->journal, run->ref.run_id, &err))
        log_failure(LOG_WARN, run->log, "cannot remove the run's frontier",
                    &err);
    task_unshield();
}

bool
land_adopt_staging(struct run *run, bool *is_there, struct err *err)
{
    struct pg_conn *control;
    bool adopted;

    if (!journal_borrow(run->journal, &control, err))
        return false;
    adopted = kept_adopt(control, run->schema, run->ref.run_id, run->plan,
                         is_there, err);
    journal_give_back(run->journal);
    return adopted;
}

/* ---- merging ----------------------------------------------------------- */

/* Repeat the plan's warnings about UTC offsets in filters in the run's notes,
 * because they change which rows the result has. */
static void
warn_of_offsets(struct run *run)
{
    for (const struct gql_note *n = run->job->notes; n != NULL; n = n->next)
        if (n->msg == MSG_FILTER_OFFSET)
            notes_warn(&run->notes, n->msg, n->message);
}

/* A column that a user dropped is created again and is NULL in all rows. An
 * incremental run would fill it only in rows that changed, so the next run must
 * be full. The same is true for a column whose mask changes. */
static bool
forget_lost_columns(const struct run *run, struct err *err)
{
    return (!tables_lost_column(&run->tables, run->plan) &&
            !tables_remask(&run->tables, run->plan)) ||
           journal_forget_full(run->journal, run->store, run->name, err);
}

/* Called in the transaction that changes columns, so that columns and their
 * entry in bulkpg.relation commit together. Rejects of earlier runs may have
 * values that are masked in it. */
static bool
save_changed_relations(void *ctx, struct pg_conn *conn, struct err *err)
{
    struct run *run = ctx;

    tables_queue_save(&run->tables, run->job, true, conn);
    if (tables_remask(&run->tables, run->plan))
        journal_queue_rejects_hide(conn, run->store, run->name,
                                   run->plan->hash);
    return pg_settle(conn, err);
}

/* DDL on existing tables gives up after lock_timeout, so that other sessions do
 * not queue behind it, and is retried until the budget is spent. It runs on the
 * loader's connection, so that other jobs can use the control connection. */
static bool
adapt_tables(struct run *run, struct pg_conn *conn, struct err *err)
{
    struct backoff backoff = context_backoff(run->context);

    if (!forget_lost_columns(run, err))
        return false;
    while (!adapt_to_plan(conn, run->plan, run->schema, run->tables.targets,
                          masks_key(run->job), save_changed_relations, run,
                          err))
        if (!may_retry(run, &backoff, conn,
                       "a table cannot be changed yet; retrying", err))
            return false;
    return true;
}

/* A job of another folder may have created the same table since the tables were
 * inspected. An error about its owner is clearer than one about a duplicate
 * name. */
static void
explain_failure(struct run *run, struct pg_conn *conn, struct err *err)
{
    static const char *const taken[] = {"42P07", "42710", "42701", "23505"};
    struct err found;

    obstacle_explain(conn, run->plan, run->schema, err);
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
        if (strcmp(err->code, taken[i]) == 0 &&
            !tables_inspect(&run->tables, run->job, &found)) {
            *err = found;
            return;
        }
}

static bool
fit_tables(struct run *run, struct pg_conn *conn, struct err *err)
{
    if (run->is_dry) {
        dry_prepare(run);
        return true;
    }
    if (adapt_tables(run, conn, err))
        return true;
    explain_failure(run, conn, err);
    return false;
}

static void
warn_removes_nothing(struct run *run)
{
    const char *window = run->origin->window;

    if (!commit_is_uncounted(run))
        return;
    notes_warn(&run->notes, MSG_REMOVES_NOTHING,
               window == NULL
                   ? "no rows are removed: the store cannot count the roots of "
                     "this @slice query; --force-deletes removes rows anyway"
                   : arena_printf(run->arena,
                                  "no rows are removed: the saved result has "
                                  "only a part of the objects (%s); "
                                  "--force-deletes removes rows anyway",
                                  window));
}

/* A rollback leaves staging unchanged, so a deadlock does not require another
 * download. */
static bool
merge_staged(struct attempt *attempt, struct err *err)
{
    struct run *run = attempt->run;
    struct backoff backoff = context_backoff(run->context);
    struct pg_conn *conn = loader_release(attempt->loader);
    struct notes_mark warned;

    progress_phase(run->progress, PROGRESS_MERGING);
    warn_of_offsets(run);
    warn_removes_nothing(run);
    if (!hidden_orders_find(run, err) || !fit_tables(run, conn, err))
        return false;
    if (run->job->ddl != NULL)
        return true;
    warned = notes_mark(&run->notes);
    while (!commit_merge(attempt, conn, err)) {
        if (commit_lost_worker(err) ||
            !may_retry(run, &backoff, conn, "retrying the merge", err)) {
            explain_failure(run, conn, err);
            return false;
        }
        notes_back_to(&run->notes, warned);
    }
    return true;
}

/* ---- attempts ---------------------------------------------------------- */

/* Find out whether rows of the table have ids of the gid type `type`. Only
 * whole ids, kept as text, can be of several types; for numbers the journal
 * knows the one type. */
static bool
on_gid_type(void *ctx, const struct plan_table *table, const char *type,
            bool *held, struct err *err)
{
    struct run *run = ctx;
    struct journal *journal = run->journal;
    struct pg_conn *control;
    bool asked;

    *held = false;
    if (table->skip || !run->tables.targets[table->index].exists ||
        plan_id_column(table) == NULL || !table->id_gid->whole)
        return true;
    if (!journal_borrow(journal, &control, err))
        return false;
    asked =
        target_holds_type(control, table, &run->tables.targets[table->index],
                          run->schema, type, held, err);
    journal_give_back(journal);
    return asked;
}

static bool
continues_pages(const struct run *run)
{
    return run->origin->is_paged && run->head.page > 0;
}

/* A new table is created by renaming its staging table, unless SQL has to
 * number its rows (ordinals, positions), or a paged run continues its staging,
 * which is always unlogged. In an incremental run over existing
 * tables, staging is kept, because merging the tables below may read it. */
static bool *
choose_tables(const struct run *run)
{
    const struct plan *plan = run->plan;
    bool *becomes =
        arena_array(run->arena, (size_t)plan->table_count, sizeof(*becomes));
    bool keeps_staging =
        run->mode.incremental && tables_any_there(&run->tables, run->plan);

    for (int i = 0; i < plan->table_count; i++)
        becomes[i] = !keeps_staging && !run->origin->is_paged &&
                     !run->tables.targets[i].exists &&
                     !plan->tables[i].has_ordinal &&
                     !plan->tables[i].has_position && !plan->tables[i].skip;
    return becomes;
}

/* Find the lines that PostgreSQL refuses; the next attempt leaves them out. An
 * internal error that no line reproduces may mean that a Citus worker was lost,
 * so it is transient. */
static void
find_refused(struct run *run, struct loader *loader, struct err *err)
{
    size_t known = refused_evidence(&run->refused);
    struct err other;

    if (!loader_isolate(loader, &run->refused, &other))
        *err = other;
    else if (refused_evidence(&run->refused) > known)
        err_code(err, MSG_REFUSED_LINES);
    else if (refused_is_internal(err))
        err_as(err, ERR_TRANSIENT);
}

static void
queue_fence(void *ctx, struct pg_conn *conn)
{
    const struct run *run = ctx;

    journal_queue_fence(conn, &run->ref, RUN_LOADING, NULL);
}

/* PostgreSQL keeps the first 63 bytes of the application's name. */
static struct loader_config
describe_loader(struct run *run)
{
    const struct context *context = run->context;

    return (struct loader_config){
        .dsn = context_dsn(context),
        .application_name =
            arena_printf(run->arena, "bulkpg run %" PRId64 " %s/%s",
                         run->ref.run_id, run->store, run->name),
        .sessions = &run->context->sessions,
        .connections = context->connections,
        .answer_timeout_ms = run->tuning->stall_timeout_ms,
        .shares_transactions = journal_has_citus(run->journal),
        .schema = run->schema,
        .hash_secret = journal_hash_secret(run->journal),
        .mask_key = masks_key(run->job),
        .run_id = run->ref.run_id,
        .is_paged = run->origin->is_paged,
        .continues = continues_pages(run),
        .fence = {queue_fence, run},
        .refused = &run->refused,
        .on_reject = stream_on_reject,
        .on_gid_type = on_gid_type,
        .ctx = run};
}

static bool
try_to_land(struct run *run, struct head_start *ahead, struct err *err)
{
    struct loader_config config = describe_loader(run);
    struct attempt attempt = {.run = run,
                              .continues = continues_pages(run),
                              .becomes_table = choose_tables(run)};
    bool landed;

    attempt.loader = loader_new(run->plan, &config);
    head_start_take(&attempt, ahead); /* the first attempt */
    landed = stream_into_staging(&attempt, err) && merge_staged(&attempt, err);
    if (!landed && mask_first(run->plan) != NULL)
        refused_hide_words(err);
    if (!landed && err_is(err, MSG_WIDEN))
        loader_widen(attempt.loader, &run->notes.widened);
    if (!landed && refused_is_row(err))
        find_refused(run, attempt.loader, err);
    loader_free(attempt.loader);
    if ((!landed || run->is_dry) && !run->origin->is_paged)
        land_drop_staging(run->journal, run->ref.run_id);
    return landed;
}

/* The file changed under the download: restart from its first byte, at most
 * RESTARTS_MAX times. The refused lines are forgotten, because they were lines
 * of the other file. */
static bool
may_begin_again(struct run *run, const struct err *why, int *restarts)
{
    if (!err_is(why, MSG_RESTART) || ++*restarts > RESTARTS_MAX)
        return false;
    refused_free(&run->refused);
    log_failure(LOG_WARN, run->log, "restarting the load", why);
    return true;
}

/* Retry after a transient failure of the database, while the budget lasts and
 * the control connection, which holds the job's lock, is alive. An internal
 * error is retried at most RESTARTS_MAX times. */
static bool
may_try_later(struct run *run, struct backoff *backoff, int *restarts,
              struct err *err)
{
    struct job *job = run->job;

    if (refused_is_internal(err) && ++*restarts > RESTARTS_MAX)
        err_as(err, ERR_FAILED);
    return !err_is(err, MSG_URL_LAPSED) && !err_is(err, MSG_RESTART) &&
           may_retry(run, backoff, job->context->control, "retrying the load",
                     err) &&
           tables_inspect(&run->tables, job, err);
}

/* A paged run may take hours. Once it has committed pages, later failures have
 * a budget of their own. */
static void
note_progress(const struct run *run, int64_t *page, struct backoff *backoff,
              int *restarts)
{
    if (run->head.page == *page)
        return;
    *page = run->head.page;
    *restarts = 0;
    *backoff = context_backoff(run->context);
}

/* The number of such restarts is limited: each line can be refused only once,
 * and max_rejects limits the refused lines. */
static bool
has_refused(const struct run *run, const struct err *why)
{
    if (!err_is(why, MSG_REFUSED_LINES))
        return false;
    log_failure(LOG_WARN, run->log,
                "restarting the load without the rows that PostgreSQL refused",
                why);
    return true;
}

/* The number of such restarts is limited: each column can widen only once. The
 * tables are inspected before the load restarts, so that an obstacle to the
 * wider type, such as a view, is found early. */
static bool
has_widened(struct run *run, struct err *why)
{
    if (!err_is(why, MSG_WIDEN))
        return false;
    log_info(run->log, "restarting the load with a wider column",
             LOG_STR("columns", buf_str(&run->notes.widened)),
             LOG_STR("reason", why->message), LOG_END);
    return tables_inspect(&run->tables, run->job, why);
}

/* Once per run. The tables may have been changed to fit the plan. */
static bool
must_send_all(struct run *run, struct err *why)
{
    if (!err_is(why, MSG_NOT_COMPARED))
        return false;
    run->sends_all = true;
    log_failure(LOG_INFO, run->log, "restarting the load with all rows", why);
    return tables_inspect(&run->tables, run->job, why);
}

/* Staging of an earlier process has the numbers of gids, but not their
 * types. */
static bool
learn_gids(struct run *run, struct err *err)
{
    return !continues_pages(run) || run->head.gids == NULL ||
           gids_read(run->plan, run->head.gids, err);
}

static bool
begin_load(struct job *job, struct err *err)
{
    int64_t begun = clock_now_ns();
    bool may_load;

    progress_phase(&job->progress, PROGRESS_HELD);
    may_load = control_begin_load(job->context, err);
    timings_since(&job->timings, TIMING_WAIT, begun);
    return may_load;
}

/* The merge of an earlier process may have committed since the last inspection.
 * From here on that cannot happen: this process owns the run, so the earlier
 * one fails at its fence. */
static bool
look_again(struct run *run, struct head_start *ahead, struct err *err)
{
    struct loader_config config = describe_loader(run);

    if (!staged_recall(run, &config, err))
        return false;
    if (head_start_ask(run, &config, choose_tables(run), ahead, err) &&
        tables_inspect(&run->tables, run->job, err))
        return true;
    head_start_free(run, ahead);
    if (!continues_pages(run))
        land_drop_staging(run->journal, run->ref.run_id);
    return false;
}

bool
land_results(struct run *run, struct err *err)
{
    struct context *context = run->context;
    struct backoff backoff = context_backoff(context);
    struct head_start ahead;
    int64_t page = 0;
    int restarts = 0;
    bool landed;

    refused_free(&run->refused);
    run->sends_all = run->has_all_pages = false;
    if (run->origin->is_paged)
        run->head = *run->origin->head;
    run->written = arena_array(run->arena, (size_t)run->plan->table_count,
                               sizeof(*run->written));
    if (!learn_gids(run, err) || !begin_load(run->job, err))
        return false;
    if (!look_again(run, &ahead, err)) {
        pg_forget_ahead(context->control, run);
        control_end_load(context);
        return false;
    }
    do {
        landed = try_to_land(run, &ahead, err);
        note_progress(run, &page, &backoff, &restarts);
    } while (!landed &&
             (has_widened(run, err) || has_refused(run, err) ||
              must_send_all(run, err) || may_begin_again(run, err, &restarts) ||
              may_try_later(run, &backoff, &restarts, err)));
    pg_forget_ahead(context->control, run);
    control_end_load(context);
    return landed;
}
