#include "run/head_start.h"

#include <stdio.h>
#include <string.h>

#include "journal/merge.h"
#include "run/hidden_orders.h"
#include "run/known_rows.h"
#include "sql.h"

/* ---- in the wait of the inspection ------------------------------------- */

/* An error that lasts is reported when the step is done alone, and so is the
 * loss of the connection. */
static bool
comes_again(const struct pg_conn *control, const struct err *err)
{
    return err->kind != ERR_TRANSIENT || !pg_is_alive(control);
}

/* In one transaction: the status `loading`, the fence, and staging or the
 * hashes. The fence fails if the run is not ours any more. */
static bool
begin_loading(struct run *run, struct pg_conn *control,
              const bool *becomes_table, struct head_start *ahead,
              struct pg_result **loading, struct err *err)
{
    if (!pg_begin(control, err))
        return false;
    journal_queue_loading(control, &run->ref, loading);
    journal_queue_fence(control, &run->ref, RUN_LOADING, NULL);
    if (ahead->known == NULL) {
        loader_ahead_stage(ahead->loader, control, run->plan, becomes_table);
    } else {
        pg_queue(control, sql_read_ahead, 0, NULL, NULL);
        if (!known_rows_queue(run, control, ahead->known, err))
            return false;
    }
    pg_queue(control, "COMMIT", 0, NULL, NULL);
    return pg_settle(control, err);
}

static void
begin_ahead(struct run *run, struct pg_conn *control, const bool *becomes_table,
            struct head_start *ahead)
{
    struct pg_result *loading = NULL;
    struct err err;

    if (begin_loading(run, control, becomes_table, ahead, &loading, &err)) {
        if (ahead->known == NULL)
            loader_ahead_committed(ahead->loader);
        snprintf(ahead->loaded_at, sizeof(ahead->loaded_at), "%s",
                 pg_text(loading, 0, 0));
    } else {
        pg_rollback(control);
        known_rows_free(run, ahead->known);
        ahead->known = NULL;
        log_failure(comes_again(control, &err) ? LOG_DEBUG : LOG_WARN, run->log,
                    "creating staging again", &err);
    }
    pg_result_free(loading);
}

bool
head_start_ask(struct run *run, const struct loader_config *config,
               const bool *becomes_table, struct head_start *ahead,
               struct err *err)
{
    struct loader_config own = *config;
    struct pg_conn *control;

    *ahead = (struct head_start){.known = known_rows_few(run)};
    ahead->is_small = ahead->known != NULL;
    if (ahead->is_small)
        own.connections = 1;
    ahead->loader = loader_ahead_new(&own);
    if (!journal_borrow(run->journal, &control, err))
        return false;
    tables_ahead(&run->tables, run->job, control);
    hidden_orders_ahead(run, control);
    if (!journal_has_citus(run->journal) && !config->continues)
        begin_ahead(run, control, becomes_table, ahead);
    journal_give_back(run->journal);
    return true;
}

void
head_start_free(const struct run *run, struct head_start *ahead)
{
    loader_ahead_free(ahead->loader);
    known_rows_free(run, ahead->known);
    *ahead = (struct head_start){.loader = NULL};
}

/* If there were more rows than the statistics say, the loader opens all of its
 * connections. */
void
head_start_take(struct attempt *attempt, struct head_start *ahead)
{
    const struct run *run = attempt->run;

    memcpy(attempt->loaded_at, ahead->loaded_at, sizeof(attempt->loaded_at));
    if (ahead->known != NULL && known_rows_hold(run, ahead->known))
        attempt->known = ahead->known;
    else
        known_rows_free(run, ahead->known);
    if (ahead->is_small && attempt->known == NULL) {
        loader_ahead_free(ahead->loader);
    } else {
        attempt->ahead = ahead->loader;
        loader_take(attempt->loader, ahead->loader);
    }
    *ahead = (struct head_start){.loader = NULL};
}

/* ---- late ---------------------------------------------------------------- */

/* In one transaction: the fence, and staging. */
static bool
stage_fenced(const struct attempt *attempt, struct pg_conn *control,
             struct pg_result **ours, struct err *err)
{
    const struct run *run = attempt->run;

    if (!pg_begin(control, err))
        return false;
    journal_queue_fence(control, &run->ref, RUN_LOADING, ours);
    loader_ahead_stage(attempt->ahead, control, run->plan,
                       attempt->becomes_table);
    pg_queue(control, "COMMIT", 0, NULL, NULL);
    if (!pg_settle(control, err))
        return false;
    loader_ahead_committed(attempt->ahead);
    return true;
}

bool
head_start_stage(struct attempt *attempt, struct pg_conn *control,
                 struct err *err)
{
    if (loader_stage(attempt->loader, control, attempt->becomes_table, err))
        return true;
    if (!journal_fence_failed(NULL, err))
        return false;
    return journal_run_not_ours_in(control, &attempt->run->ref, err);
}

/* If staging could not be created although the run is ours, default privileges
 * or what an earlier attempt left may be in the way: loader_stage() creates it
 * in more steps, with a fence in each. */
static bool
stage_with(struct attempt *attempt, struct pg_conn *control, struct err *err)
{
    struct pg_result *ours = NULL;
    bool staged = stage_fenced(attempt, control, &ours, err);
    bool not_ours = !staged && journal_fence_failed(ours, err);

    pg_result_free(ours);
    if (!staged)
        pg_rollback(control);
    if (not_ours)
        return journal_run_not_ours_in(control, &attempt->run->ref, err);
    return head_start_stage(attempt, control, err);
}

bool
head_start_stage_late(void *ctx, struct err *err)
{
    struct attempt *attempt = ctx;
    struct journal *journal = attempt->run->journal;
    struct pg_conn *control;
    bool staged;

    if (!journal_borrow(journal, &control, err))
        return false;
    staged = stage_with(attempt, control, err);
    journal_give_back(journal);
    return staged;
}
