/*
 *     check the claim ─► status merging ─► BEGIN
 *       fence      lock the run's row: no process can take over the run now
 *       compare    check that the rows that came unchanged are still there
 *       count      check that staging has every line received
 *       settle     keep one row per key; guard against emptied columns
 *       apply      change the tables; guard against vanished rows
 *       finish     record counts, relations, watermark, what is not pending any
 *                  more, and the run's end
 *     COMMIT
 *
 * A dry run has no finish. In place of COMMIT, it checks deferred constraints,
 * and then rolls back.
 *
 * The record of the run commits in the same transaction as its rows. One hazard
 * remains: the connection may be lost between COMMIT and its answer. Then
 * settle_commit() finds out from the run's row whether the commit succeeded.
 */
#include "run/commit.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "job/by_ids.h"
#include "job/control.h"
#include "journal/claim.h"
#include "journal/frontier.h"
#include "journal/pending.h"
#include "journal/reject.h"
#include "journal/runs.h"
#include "journal/walk.h"
#include "load/compare.h"
#include "load/examples.h"
#include "load/guard.h"
#include "load/merge.h"
#include "load/truncated.h"
#include "plan/mask.h"
#include "run/hidden_orders.h"
#include "run/known_rows.h"
#include "run/verify.h"
#include "sql.h"

enum { NOTES_BYTES_MAX = 1024 * 1024 };

bool
commit_is_complete(const struct run *run, struct err *err)
{
    const struct origin *origin = run->origin;

    if (origin->partial != NULL)
        return err_set(err, MSG_PARTIAL_RESULT,
                       "the run loaded a partial result and removed no rows, "
                       "because %s",
                       origin->partial);
    if (origin->unproven != NULL)
        return err_set(err, MSG_WALK_UNPROVEN,
                       "the run removed no rows, because bulkpg could not "
                       "prove that the API sent all rows of %s",
                       origin->unproven);
    return origin->null_rows == NULL ||
           err_set(err, MSG_NULL_ROWS,
                   "the API sent null in place of rows of %s",
                   origin->null_rows);
}

/* ---- parameters of the merge ----------------------------------------- */

bool
commit_is_uncounted(const struct run *run)
{
    const struct origin *origin = run->origin;
    bool is_window = origin->window != NULL && !run->mode.incremental;

    return (origin->is_cut || is_window) && origin->least_roots < 0 &&
           !run->options->force_deletes;
}

/* Rows that did not come may still exist: a page had a null in place of a row,
 * a literal first: asked for only some, or the walk could not be proven. */
static bool
keeps_rows(const struct origin *origin, const struct plan_table *table)
{
    return origin->unproven != NULL || origin->partial != NULL ||
           (origin->keeps_rows != NULL && origin->keeps_rows[table->index]);
}

static void
describe_tables(struct attempt *attempt, struct merge *merge)
{
    struct run *run = attempt->run;
    const struct plan *plan = run->plan;

    for (int i = 0; i < plan->table_count; i++) {
        bool is_whole =
            run->rejects == 0 && run->origin->partial == NULL &&
            !(run->hides_orders && hidden_orders_has(&plan->tables[i]));

        merge->tables[i] = (struct merge_table){
            .table = &plan->tables[i],
            .stage = loader_stage_name(attempt->loader, i),
            .is_unstaged = loader_is_unstaged(attempt->loader),
            .exists = run->tables.targets[i].exists,
            .has_mark = run->tables.targets[i].has_mark ||
                        plan->tables[i].marks_deleted,
            .is_partitioned = run->tables.targets[i].is_partitioned,
            .has_history = run->tables.targets[i].history.exists,
            .keeps_history = run->tables.targets[i].history.exists &&
                             run->tables.targets[i].exists &&
                             run->tables.memory[i].had_history,
            .becomes_table = attempt->becomes_table[i],
            .removes = is_whole && !commit_is_uncounted(run) &&
                       !keeps_rows(run->origin, &plan->tables[i]),
            .is_whole = is_whole,
            .is_even = loader_has_all_rows(attempt->loader, i),
            .has_column = run->tables.targets[i].has_column};
        known_rows_describe(attempt, &merge->tables[i]);
    }
}

/* ---- the record in the journal --------------------------------------- */

static void
show_examples(const struct run *run, const struct merge_table *table,
              struct journal_run_table *written)
{
    struct arena *arena = run->arena;

    written->shown_inserted = examples_text(table, EXAMPLES_INSERTED, arena);
    written->shown_updated = examples_text(table, EXAMPLES_UPDATED, arena);
    written->shown_deleted = examples_text(table, EXAMPLES_REMOVED, arena);
}

/* Copy the merge's counts to the run's counts and to run->written. */
static void
collect_counts(struct run *run, const struct merge *merge)
{
    size_t count = 0;

    run->counts.rows_inserted = run->counts.rows_updated = 0;
    run->counts.rows_deleted = run->counts.rows_unchanged = 0;
    run->counts.duplicates = 0;
    for (int i = 0; i < merge->table_count; i++) {
        const struct merge_table *t = &merge->tables[i];

        if (t->stage == NULL || t->table->skip)
            continue;
        run->counts.rows_inserted += t->inserted;
        run->counts.rows_updated += t->updated;
        run->counts.rows_deleted += t->deleted;
        run->counts.rows_unchanged += t->unchanged;
        run->counts.duplicates += t->duplicates;
        run->written[count++] =
            (struct journal_run_table){.table_schema = merge->schema,
                                       .table_name = t->table->name,
                                       .staged = t->staged,
                                       .inserted = t->inserted,
                                       .updated = t->updated,
                                       .deleted = t->deleted,
                                       .unchanged = t->unchanged};
        show_examples(run, t, &run->written[count - 1]);
    }
    run->written_count = count;
}

/* A run with rejects does not move the watermark, unless the user accepts the
 * rejects. Neither does a walk that is not known to be complete. */
static bool
may_advance(const struct run *run)
{
    struct err why;

    return (run->rejects == 0 || run->options->accept_rejects) &&
           commit_is_complete(run, &why);
}

const char *
commit_notes(const struct run *run)
{
    struct buf text = buf_with_ceiling(NOTES_BYTES_MAX);
    struct json_out *json = json_out_new(&text);
    const char *kept = NULL;

    json_out_open(json, '{');
    tables_write_notes(&run->tables, json);
    notes_write(&run->notes, json);
    plan_write_left_out(run->plan, json);
    if (run->rejects > 0 && may_advance(run))
        json_out_boolean(json, "accepted_rejects", true);
    if (run->origin->partial != NULL)
        json_out_text(json, "partial", run->origin->partial);
    if (run->origin->unproven != NULL)
        json_out_text(json, "unproven", run->origin->unproven);
    if (run->origin->null_rows != NULL)
        json_out_text(json, "null_rows", run->origin->null_rows);
    json_out_close(json, '}');
    json_out_free(json);
    if (!text.overflowed && strcmp(buf_str(&text), "{}") != 0)
        kept = arena_strdup(run->arena, buf_str(&text));
    buf_free(&text);
    return kept;
}

/* See journal/pending.h. What a run did not load completely stays pending. But
 * rejects do not count: the store would send the same lines again and again. A
 * window from --since says nothing about newer changes, and such a run is not a
 * reference: see run_list.sql. */
static bool
queue_pending(struct run *run, struct pg_conn *conn, struct err *err)
{
    const struct job_ids *ids = run->job->ids;
    const char *type = by_ids_type(run->job);
    int64_t run_id = run->ref.run_id;
    struct err why;

    if (!run->origin->is_paged && type != NULL)
        journal_queue_pending_again(
            conn, run_id, type,
            run->mode.mode != RUN_REPLAY && may_advance(run) &&
                run->options->since_s == OPTION_NO_TIME);
    if (run->mode.mode == RUN_REPLAY || !commit_is_complete(run, &why))
        return true;
    if (ids != NULL)
        return journal_queue_pending_fetched(
            conn, run_id, ids->list, ids->read_us, (size_t)ids->count, err);
    if (run->options->since_s == OPTION_NO_TIME)
        journal_queue_pending_done(conn, run_id, type);
    return true;
}

/* The run's frontier is not needed any more. */
static bool
queue_walk(struct run *run, struct pg_conn *conn, struct err *err)
{
    journal_frontier_queue_end(conn, run->ref.run_id);
    return journal_queue_walk(conn, run->ref.run_id, run->origin->walk,
                              (size_t)run->origin->walk_count, err);
}

static void
note_merged(struct attempt *attempt, struct merge *merge, int64_t begun_ns)
{
    struct timings *timings = attempt->run->timings;

    collect_counts(attempt->run, merge);
    known_rows_note(attempt, merge);
    timings->ns[TIMING_INDEX] = merge_index_ns(merge);
    timings->ns[TIMING_MERGE] = clock_now_ns() - begun_ns;
}

static bool
finish_run(struct attempt *attempt, struct merge *merge, int64_t begun_ns,
           struct err *err)
{
    struct run *run = attempt->run;
    struct pg_conn *conn = merge->conn;
    struct err why;
    bool is_complete = commit_is_complete(run, &why);
    struct run_end end = {.status = run->rejects > 0 || !is_complete
                                        ? RUN_LOADED_WITH_REJECTS
                                        : RUN_LOADED,
                          .error_code = is_complete ? NULL : why.code,
                          .error = is_complete ? NULL : why.message,
                          .notes = commit_notes(run)};

    note_merged(attempt, merge, begun_ns);
    end.counts = run->counts;
    end.timings = timings_json(run->timings, run->arena);
    journal_queue_tables(conn, run->ref.run_id, run->written,
                         run->written_count);
    tables_queue_save(&run->tables, run->job, false, conn);
    if (mask_first(run->plan) != NULL)
        journal_queue_rejects_hide(conn, run->store, run->name,
                                   run->plan->hash);
    if (run->mode.mode != RUN_REPLAY && run->mode.mode != RUN_IDS &&
        may_advance(run))
        journal_queue_watermark(conn, run->ref.run_id);
    if (!queue_pending(run, conn, err) ||
        (run->origin->is_paged && !queue_walk(run, conn, err)))
        return false;
    return journal_finish_in(conn, &run->ref, &end, err);
}

/* ---- the transaction ------------------------------------------------- */

/* Rows of skipped roots are not staged, so their lines count. */
static int64_t
count_roots(const struct attempt *attempt, const struct merge *merge)
{
    int64_t roots = 0;

    for (int i = 0; i < merge->table_count; i++) {
        const struct merge_table *table = &merge->tables[i];

        if (table->table->kind != PLAN_ROOT)
            continue;
        if (table->stage == NULL || table->table->skip)
            return attempt->roots;
        roots += table->staged - table->duplicates;
    }
    return roots;
}

/* If the windows together have fewer roots than the store counted, the result
 * is incomplete. A partial result is known to be. */
static bool
check_least_roots(const struct attempt *attempt, const struct merge *merge,
                  struct err *err)
{
    const struct run *run = attempt->run;
    int64_t came = count_roots(attempt, merge);

    if (run->origin->partial != NULL ||
        came + run->rejects >= run->origin->least_roots)
        return true;
    err_set(err, MSG_ROOTS_MISSING,
            "the %d windows have %" PRId64
            " roots, but the store counts at least %" PRId64,
            run->origin->source_count, came, run->origin->least_roots);
    return false;
}

static bool
is_of_guard(const struct err *err)
{
    static const enum msg guards[] = {MSG_COLUMN_NULL, MSG_CHILDREN_MISSING,
                                      MSG_ROOTS_MISSING, MSG_NO_ROOTS,
                                      MSG_TOO_MANY_DELETES};

    for (size_t i = 0; i < sizeof(guards) / sizeof(guards[0]); i++)
        if (err_is(err, guards[i]))
            return true;
    return false;
}

/* `passed`: what a guard returned. A dry run continues after its refusal, to
 * find out what the merge would change. */
static bool
passes(struct run *run, bool passed, const struct err *err)
{
    if (passed || !run->is_dry || !is_of_guard(err))
        return passed;
    if (run->refusal.kind == ERR_NONE)
        run->refusal = *err;
    return true;
}

/* Some guards run after the tables have changed. That is safe, because a
 * failure rolls back the transaction. */
static bool
apply_guarded(const struct attempt *attempt, struct merge *merge,
              struct err *err)
{
    struct run *run = attempt->run;
    double fraction = run->tuning->max_delete_fraction;

    if (!passes(run, guard_nulls(merge, err), err) ||
        !passes(run, truncated_check(merge, err), err) ||
        !merge_apply(merge, err) ||
        !passes(run, check_least_roots(attempt, merge, err), err))
        return false;
    return run->options->force_deletes || run->plan->may_shrink ||
           passes(run, guard_deletes(merge, fraction, err), err);
}

/* In one wait: the fence, what staging has, and what would change. Nothing is
 * changed before the answers are here. */
static bool
check_staged(struct attempt *attempt, struct merge *merge,
             struct pg_result **ours, struct err *err)
{
    struct run *run = attempt->run;

    pg_queue_script(merge->conn, sql_merge_begin, NULL);
    journal_queue_fence(merge->conn, &run->ref, RUN_MERGING, ours);
    return compare_begin(merge, err) &&
           merge_queue_count(merge, loader_void_lines(attempt->loader), err) &&
           merge_settle(merge, err) &&
           verify_staged(merge_lines_staged(merge), attempt->skipped,
                         run->rejects, attempt->lines, err) &&
           compare_settled(merge, err);
}

/* What the COMMIT of a run would check. One that a guard refuses has none. */
static bool
check_deferred(const struct run *run, struct pg_conn *conn, struct err *err)
{
    return run->refusal.kind != ERR_NONE ||
           pg_exec(conn, sql_check_deferred, 0, NULL, NULL, err);
}

static bool
merge_in_transaction(struct attempt *attempt, struct pg_conn *conn,
                     struct pg_result **ours, struct err *err)
{
    struct run *run = attempt->run;
    bool merged;
    int64_t begun = clock_now_ns();
    struct merge merge = {.conn = conn,
                          .schema = run->schema,
                          .loaded_at = attempt->loaded_at,
                          .readers = run->context->config.readers,
                          .incremental = run->mode.incremental,
                          .named_gone = run->origin->gone_ids,
                          .named_gone_count = run->origin->gone_count,
                          .deletes = run->plan->deletes,
                          .guards_nulls = !run->options->force_nulls,
                          .is_dry = run->is_dry,
                          .warn = notes_warn,
                          .warn_ctx = &run->notes,
                          .arena = run->arena,
                          .tables = arena_array(run->arena,
                                                (size_t)run->plan->table_count,
                                                sizeof(*merge.tables)),
                          .table_count = run->plan->table_count};

    run->refusal.kind = ERR_NONE;
    describe_tables(attempt, &merge);
    merged = check_staged(attempt, &merge, ours, err) &&
             apply_guarded(attempt, &merge, err) &&
             (!run->is_dry || check_deferred(run, conn, err));
    if (merged && run->is_dry)
        note_merged(attempt, &merge, begun);
    else if (merged)
        merged = finish_run(attempt, &merge, begun, err);
    merge_end(&merge);
    return merged;
}

bool
commit_lost_worker(const struct err *err)
{
    return strncmp(err->code, "08", 2) == 0;
}

/* True if COMMIT failed with an unknown outcome, because bulkpg's connection or
 * the connection between Citus and a worker was lost. */
static bool
is_commit_unknown(const struct err *err)
{
    return err_is(err, MSG_COMMIT_UNKNOWN) || commit_lost_worker(err) ||
           refused_is_internal(err);
}

/* After the answer to COMMIT was lost, find out from the run's row whether the
 * commit succeeded. Setting the status back to `loading` waits for a commit
 * that is still in progress. It succeeds only if nothing was committed; a
 * loaded run cannot be changed. True: the run is loaded. */
static bool
settle_commit(struct run *run, struct err *err)
{
    struct journal *journal = run->journal;
    struct run_query query = {.run_id = run->ref.run_id};
    struct journal_runs runs;
    struct err other;

    if (!is_commit_unknown(err) || !control_reopen(run->context, &other) ||
        journal_run_status(journal, &run->ref, RUN_LOADING, &other) ||
        !journal_list_runs(journal, &query, run->arena, &runs, &other))
        return false;
    if (runs.count != 1 || runs.runs[0].ref.resumed != run->ref.resumed ||
        (runs.runs[0].status != RUN_LOADED &&
         runs.runs[0].status != RUN_LOADED_WITH_REJECTS))
        return false;
    log_warn(run->log, MSG_COMMITTED,
             "the commit succeeded, but its answer was lost", LOG_END);
    return true;
}

/* The claim is checked, and the status becomes `merging`, in one wait. Without
 * the claim, the status has no effect: the merge does not begin. */
static bool
begin_merging(struct run *run, struct err *err)
{
    struct journal *journal = run->journal;
    struct pg_conn *control;
    bool begun;

    if (!journal_borrow(journal, &control, err))
        return false;
    journal_check_claim_ahead(journal, control, run, run->store, run->name);
    journal_run_status_ahead(control, run, &run->ref, RUN_MERGING);
    journal_give_back(journal);
    begun = journal_check_claim(journal, run->store, run->name, err) &&
            journal_run_status(journal, &run->ref, RUN_MERGING, err);
    pg_forget_ahead(run->context->control, run);
    return begun;
}

bool
commit_merge(struct attempt *attempt, struct pg_conn *conn, struct err *err)
{
    struct run *run = attempt->run;
    struct pg_result *ours = NULL;
    bool merged, not_ours;

    if (!begin_merging(run, err) || !pg_begin(conn, err))
        return false;
    merged = merge_in_transaction(attempt, conn, &ours, err);
    not_ours = !merged && journal_fence_failed(ours, err);
    pg_result_free(ours);
    if (!merged || run->is_dry)
        pg_rollback(conn);
    if (!merged)
        return not_ours && journal_run_not_ours_in(conn, &run->ref, err);
    if (run->is_dry)
        return true;
    return pg_commit(conn, err) || settle_commit(run, err);
}
