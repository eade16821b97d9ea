/*
 *     claim ──────► prepare ─► choose ─► begin ──┬─► wait ─► land ─► end
 *       │ not due,  tables     mode  └─► resume ─┘    ▲        │
 *       ▼ or busy                                     └─ renew ┘ URL_LAPSED
 *     nothing to do
 *
 * claim     Lock the job, so that one process at a time runs it. If another
 *           process has the lock, wait a little; with --older-than or --due,
 *           and for pending objects, skip the job, because the other process
 *           is doing the work.
 * prepare   Check that the tables can take the rows before anything is
 *           submitted.
 * mode      Fetch everything, or what changed since the watermark; see
 *           run/mode.h.
 * begin     Add a row to the journal and supersede every unfinished run, or
 * resume    take over the newest unfinished run (run/earlier.c decides).
 * wait      Wait until the origin has every result.
 * land      Load the results; one transaction at the end changes the tables.
 *           run/land.c lists what is retried.
 * end       Record the end in the journal, the log and the job; see
 *           run/ending.c.
 *
 * After a failure, in any state:
 *   the run to resume has ended     restart the job from its claim
 *   the store denies a field with   leave it out, and restart the job; its new
 *   @optional                       run supersedes this one
 *   the control connection is lost  reopen it; if the run is still ours and the
 *                                   failure may pass, restart the job, which
 *                                   then resumes the run
 *   stopped, or may succeed later   `interrupted`: the next run resumes it
 *   taken over or superseded        write nothing: another process owns the run
 *   anything else                   `failed`
 * A replay is never resumed or restarted: it fails. So does a run with --ids
 * that has begun. A dry run that has begun restarts only to leave out denied
 * fields. It neither resumes nor supersedes another run (run/dry.h).
 */
#include "run/run.h"

#include "base/clock.h"
#include "base/event.h"
#include "job/control.h"
#include "job/due.h"
#include "job/jobs.h"
#include "job/pending.h"
#include "journal/claim.h"
#include "journal/operation.h"
#include "journal/runs.h"
#include "journal/watermark.h"
#include "run/dry.h"
#include "run/earlier.h"
#include "run/ending.h"
#include "run/land.h"
#include "run/page.h"
#include "source/archive.h"

enum { RENEWALS_MAX = 2 };

static void
run_init(struct run *run, struct job *job, struct origin *origin)
{
    struct context *context = job->context;
    const struct store_config *store = job->config;

    *run = (struct run){.job = job,
                        .origin = origin,
                        .context = context,
                        .journal = context->journal,
                        .options = context->options,
                        .tuning = &context->config.tuning,
                        .plan = job->plan,
                        .arena = &job->arena,
                        .log = &job->log,
                        .timings = &job->timings,
                        .progress = &job->progress,
                        .store = store->name,
                        .name = job->file->job,
                        .schema = store->schema,
                        .is_dry = context->options->dry_run};
    notes_init(&run->notes, run->log);
}

static void
run_free(struct run *run)
{
    notes_free(&run->notes);
    refused_free(&run->refused);
    page_rejects_free(&run->page_rejects);
    origin_free(run->origin);
}

/* ---- claim ----------------------------------------------------------- */

static void
release(const struct run *run)
{
    journal_release(run->journal, run->store, run->name);
}

/* Does the run leave the job to another process that runs it? */
static bool
shares(const struct run *run)
{
    return run->options->due || run->options->older_than_ms >= 0 ||
           run->job->pending != JOB_NOT_PENDING;
}

static bool
is_due(struct run *run, bool *due, struct err *err)
{
    struct journal_run *good;
    int64_t older_than_ms = run->options->older_than_ms;

    *due = true;
    if (run->goes_on && run->job->pending != JOB_PENDING_BY_IDS)
        return true;
    if (run->job->pending != JOB_NOT_PENDING)
        return pending_take(run->job, due, err);
    if (run->options->due)
        return due_ask(run->job, due, err);
    if (older_than_ms < 0)
        return true;
    if (!journal_last_good_run(run->journal, run->store, run->name, run->arena,
                               &good, err))
        return false;
    *due = good == NULL || good->age_ms > older_than_ms;
    return true;
}

/* Ask for all that decides how the run begins in the same wait as the claim. A
 * run that may not be due asks only for the claim. */
static bool
ask_ahead(struct run *run, struct err *err)
{
    const struct plan *plan = run->plan;
    struct pg_conn *control;

    if (shares(run))
        return true;
    if (!journal_borrow(run->journal, &control, err))
        return false;
    journal_claim_ahead(run->journal, control, run, run->store, run->name);
    tables_ahead(&run->tables, run->job, control);
    if (!run->origin->is_replay) {
        journal_runs_ahead(control, run, run->store, run->name);
        journal_operations_ahead(control, run, run->store, run->name);
    }
    if (!run->origin->is_replay && plan->incremental != NULL)
        journal_watermark_ahead(control, run, run->store, run->name,
                                plan->incremental->overlap_ms);
    journal_give_back(run->journal);
    return true;
}

static void
forget_ahead(const struct run *run)
{
    pg_forget_ahead(run->context->control, run);
    pg_forget_ahead(run->context->control, &run->tables);
}

/* After the process's last job, the command removes old rows from the journal,
 * and the release is sent with that. */
static void
release_at_end(const struct run *run)
{
    const struct jobs *jobs = run->context->recorded;

    if (jobs != NULL && jobs_is_last(jobs, run->job))
        journal_release_soon(run->journal, run->store, run->name);
    else
        release(run);
}

/* After the lock is taken, the job may no longer be due: another process may
 * have run it in the meantime. */
static bool
claim(struct run *run, bool *due, struct err *err)
{
    bool skips = shares(run);

    err->kind = ERR_NONE;
    if (!is_due(run, due, err))
        return false;
    if (!*due)
        return true;
    if (!ask_ahead(run, err))
        return false;
    if (journal_claim(run->journal, run->store, run->name,
                      skips ? 0 : JOURNAL_CLAIM_MS, err)) {
        if (is_due(run, due, err) && *due)
            return true;
        release(run);
        return err->kind == ERR_NONE;
    }
    if (!skips || !err_is(err, MSG_LOCKED))
        return false;
    *due = false;
    return true;
}

/* ---- begin or resume ------------------------------------------------- */

static struct origin_run
origin_run_of(const struct run *run)
{
    return (struct origin_run){.ref = run->ref,
                               .mode = run->mode.mode,
                               .window_from = run->mode.window_from,
                               .window_to = run->mode.window_to};
}

static void
note_begun(struct run *run)
{
    run->begun = true;
    run->job->has_outcome = true;
    run->log->run_id = run->ref.run_id;
}

static bool
begin(struct run *run, struct err *err)
{
    struct run_start start = {.store = run->store,
                              .job = run->name,
                              .mode = run->mode.mode,
                              .mode_reason = run->mode.reason,
                              .plan_hash = run->plan->hash,
                              .window_from = run->mode.window_from,
                              .window_to = run->mode.window_to,
                              .is_dry = run->is_dry};
    struct origin_run of = origin_run_of(run);
    struct run_first first;

    if (run->job->ddl == NULL && origin_first(run->origin, &of, &first))
        start.first = &first;
    if (!earlier_supersede_and_begin(run, &start, err))
        return false;
    note_begun(run);
    if (run->job->ddl != NULL)
        return true;
    of = origin_run_of(run);
    of.has_first = start.first != NULL;
    return origin_begin(run->origin, &of, err);
}

/* Pages that were read need their staging. *keeps: it is there. */
static bool
find_pages(struct run *run, bool *keeps, struct err *err)
{
    *keeps = false;
    return !run->origin->is_paged || land_adopt_staging(run, keeps, err);
}

/* If the earlier process was killed before it submitted anything, the run is
 * taken over and the origin starts from the beginning. So it does if the pages
 * that were read are lost. */
static bool
resume(struct run *run, const struct journal_run *last, enum origin_left left,
       struct err *err)
{
    bool has_asked = left == ORIGIN_ASKED, keeps;
    struct origin_run of;

    if (!earlier_take_over(run, last, has_asked ? RUN_POLLING : RUN_SUBMITTING,
                           err))
        return false;
    note_begun(run);
    if (!earlier_supersede(run, run->ref.run_id, err) ||
        !find_pages(run, &keeps, err))
        return false;
    has_asked = has_asked && (keeps || !run->origin->is_paged);
    if (!keeps || !has_asked)
        land_drop_staging(run->journal, run->ref.run_id);
    log_info(run->log, "resuming an unfinished run", LOG_END);
    of = origin_run_of(run);
    return has_asked ? origin_resume(run->origin, &of, err)
                     : origin_begin(run->origin, &of, err);
}

static bool
begin_or_resume(struct run *run, struct err *err)
{
    struct journal_run *last = NULL;
    enum origin_left left;

    if (!earlier_find(run, &last, &left, err))
        return false;
    return left == ORIGIN_NOTHING ? begin(run, err)
                                  : resume(run, last, left, err);
}

/* ---- wait and land --------------------------------------------------- */

static bool
wait_for_results(struct run *run, struct err *err)
{
    const struct origin_ops *ops = run->origin->ops;
    int64_t begun = clock_now_ns();
    bool there;

    if (ops->look != NULL)
        progress_phase(run->progress, PROGRESS_FETCHING);
    progress_show(run->progress, ops->look, run->origin);
    there = origin_wait(run->origin, err);
    progress_show(run->progress, NULL, NULL);
    timings_since(run->timings, TIMING_WAIT, begun);
    return there;
}

static bool
wait_and_land(struct run *run, struct err *err)
{
    for (int renewals = 0;; renewals++) {
        if (!wait_for_results(run, err))
            return false;
        if (land_results(run, err))
            return true;
        if (!err_is(err, MSG_URL_LAPSED) || renewals == RENEWALS_MAX)
            return false;
        log_failure(LOG_WARN, run->log, "getting a new URL for the result",
                    err);
        origin_renew(run->origin, run->source_at, renewals > 0);
    }
}

/* In the log and in the events. The notes have it, too. */
static void
report_left_out(const struct run *run)
{
    const char *text = plan_left_out_text(run->plan, run->arena);

    if (text[0] == '\0')
        return;
    log_info(run->log, "fields are left out", LOG_STR("left_out", text),
             LOG_END);
    EVENT("left_out", run->log, LOG_STR("fields", text), LOG_END);
}

static bool
prepare(struct run *run, struct err *err)
{
    struct job *job = run->job;

    if (!tables_prepare(&run->tables, job, err))
        return false;
    if (!run->is_dry)
        return tables_make_schema(&run->tables, job, err);
    dry_prepare(run);
    return true;
}

static bool
run_claimed(struct run *run, struct err *err)
{
    struct job *job = run->job;
    bool begun = prepare(run, err) &&
                 mode_choose(job, &run->tables, run->origin->is_replay,
                             &run->mode, err) &&
                 begin_or_resume(run, err);

    forget_ahead(run);
    if (begun)
        report_left_out(run);
    return begun && (job->ddl != NULL || wait_and_land(run, err)) &&
           (!run->is_dry || dry_record(run, err));
}

/* ---- after a failure ------------------------------------------------- */

static bool
may_work_later(const struct err *why)
{
    return why->kind == ERR_TRANSIENT || why->kind == ERR_LATER;
}

/* Check whether the failure followed the loss of the control connection, which
 * the run needs for the journal and for the merge. If so, open a new
 * connection; the restarted job then resumes the run. False if another process
 * has taken over or ended the run in the meantime: `err` then says so, since
 * that may be the cause of the failure. */
static bool
may_go_on(const struct run *run, int losses, struct err *err)
{
    struct context *context = run->context;
    struct err why = *err;

    if ((pg_is_alive(context->control) && context->control_losses == losses) ||
        (!may_work_later(&why) && !run->begun))
        return false;
    log_failure(LOG_WARN, run->log,
                "the run lost its database connection; reconnecting", &why);
    if (!control_reopen(context, err) ||
        (run->begun && !journal_run_is_ours(run->journal, &run->ref, err)))
        return false;
    *err = why;
    return may_work_later(&why);
}

/* True if the run to resume ended before this process could take it over. */
static bool
has_ended(const struct run *run, const struct err *why)
{
    if (!err_is(why, MSG_RUN_ENDED))
        return false;
    log_failure(LOG_INFO, run->log, "restarting the job", why);
    return true;
}

/* True if the job was prepared again without fields that the store denies. */
static bool
leaves_out_denied(const struct run *run, const struct err *why)
{
    bool changed = false;
    struct err err;

    if (!job_leave_out_denied(run->job, why, &changed, &err))
        log_failure(LOG_WARN, run->log,
                    "denied fields could not be left out of the query", &err);
    if (changed)
        log_failure(LOG_INFO, run->log,
                    "restarting the job without the denied fields", why);
    return changed;
}

/* Do what the job needs before it can restart. False if the run fails. */
static bool
prepare_restart(struct run *run, int losses, struct err *err)
{
    if (run->origin->is_replay || (run->begun && run->mode.mode == RUN_IDS))
        return false;
    if (!run->begun || !run->is_dry)
        return has_ended(run, err) || may_go_on(run, losses, err) ||
               leaves_out_denied(run, err);
    if (!leaves_out_denied(run, err))
        return false;
    dry_abandon(run, err);
    return true;
}

/* ---- the run as a whole ---------------------------------------------- */

/* The first of many windows may have been archived hours ago. Replays, runs of
 * ids and dry runs are not archived. */
static void
stamp_archive(const struct run *run)
{
    if (run->begun && !run->is_dry && !run->origin->is_replay &&
        run->job->ids == NULL)
        archive_stamp(run->context->config.archive.directory, run->store,
                      run->name, run->ref.run_id);
}

/* Claim, run, end, release. False if the job must restart. `err` says why the
 * claim or the run failed. */
static bool
run_once(struct run *run, struct err *err)
{
    int losses = run->context->control_losses;
    bool due = false, done;

    progress_phase(run->progress, PROGRESS_BEGINNING);
    run->job->has_outcome = false;
    if (!claim(run, &due, err)) {
        forget_ahead(run);
        run->job->has_outcome =
            err_is(err, MSG_LOCKED); /* the other process records it */
        if (prepare_restart(run, losses, err))
            return false;
        ending_failed(run, err);
        return true;
    }
    if (!due) {
        log_debug(run->log, "nothing is due", LOG_END);
        job_end(run->job);
        return true;
    }
    done = run_claimed(run, err);
    if (!done && prepare_restart(run, losses, err)) {
        release(run);
        return false;
    }
    if (done && run->is_dry)
        dry_end(run);
    else if (done)
        ending_loaded(run);
    else
        ending_failed(run, err);
    stamp_archive(run);
    release_at_end(run);
    return true;
}

void
run_job(struct job *job, struct origin *origin)
{
    bool ended = false, goes_on = false;
    struct err err;

    while (!ended) {
        struct run run;

        run_init(&run, job, origin);
        run.goes_on = goes_on;
        ended = run_once(&run, &err);
        goes_on |= run.begun;
        run_free(&run);
    }
}
