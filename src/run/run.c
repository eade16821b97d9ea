#include "run/run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "bulk/cancel.h"
#include "bulk/fetch.h"
#include "bulk/said.h"
#include "bulk/slices_note.h"
#include "journal/claim.h"
#include "journal/runs.h"
#include "json/write.h"
#include "run/land.h"
#include "run/mode.h"
#include "source/copy.h"
#include "source/download.h"
#include "source/file.h"
#include "source/keep.h"

/* An operation's result can be read for 7 days; one that old says little. */
#define RESUMABLE_MS (INT64_C(24) * 3600 * 1000)

enum { NOTE_BYTES_MAX = 8 * 1024 };

struct run {
    struct job *job;
    struct mode mode;
    struct run_ref ref;
    bool begun; /* it has a row in the journal */
    struct fetch fetch;
    struct land land;
};

/* ---- earlier runs ------------------------------------------------------ */

/* What a run left at the store, also where its answer never came. */
static void
cancel_left(struct job *job, struct journal_operation *operation)
{
    struct log_ctx log = {.run_id = operation->run_id,
                          .store = operation->store,
                          .job = operation->job,
                          .operation_id = operation->operation_id};
    struct bulk_place place = {.store = job->store,
                               .journal = job->context->journal,
                               .tuning = &job->context->config.tuning};
    struct err err;

    if (!cancel_ask_left(&place, operation, &job->arena, &log, &err))
        log_failure(LOG_WARN, &log, "its operation runs on", &err);
}

static void
cancel_operations(struct job *job, int64_t run_id)
{
    struct journal_operations operations;
    struct err err;

    if (!journal_run_operations(job->context->journal, run_id, &job->arena,
                                &operations, &err)) {
        log_failure(LOG_WARN, &job->log, "its operation runs on", &err);
        return;
    }
    for (size_t i = 0; i < operations.count; i++)
        if (said_is_running(&operations.operations[i]))
            cancel_left(job, &operations.operations[i]);
}

/* What other runs of the job left at the store. Found by what there is, not by
 * which run was superseded just now: the process that did that may have been
 * killed before it came to this. */
static bool
cancel_others(struct job *job, int64_t keep_run_id, struct err *err)
{
    struct journal_operations left;

    if (!journal_left_operations(job->context->journal,
                                 job->store->config->name, job->file->job,
                                 keep_run_id, &job->arena, &left, err))
        return false;
    for (size_t i = 0; i < left.count; i++)
        cancel_left(job, &left.operations[i]);
    return true;
}

/* And in the database, found likewise. */
static bool
drop_others(struct job *job, int64_t keep_run_id, struct err *err)
{
    struct journal_runs left;

    if (!journal_staging_left(job->context->journal, job->store->config->name,
                              job->file->job, keep_run_id, &job->arena, &left,
                              err))
        return false;
    for (size_t i = 0; i < left.count; i++)
        land_drop_staging(job->context, left.runs[i].ref.run_id);
    return true;
}

/* A replay asks nothing of the store, which may not even be there. */
static bool
supersede_others(struct job *job, int64_t keep_run_id, bool cancels,
                 struct err *err)
{
    struct journal_runs runs;

    if (!journal_supersede(job->context->journal, job->store->config->name,
                           job->file->job, keep_run_id, &job->arena, &runs,
                           err))
        return false;
    for (size_t i = 0; i < runs.count; i++)
        log_warn(&job->log, MSG_SUPERSEDES, "an unfinished run is superseded",
                 LOG_NUM("superseded", runs.runs[i].ref.run_id), LOG_END);
    return (!cancels || cancel_others(job, keep_run_id, err)) &&
           drop_others(job, keep_run_id, err);
}

static bool
is_same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
fetches_the_same(const struct journal_run *run, const struct mode *mode)
{
    return run->mode == mode->mode &&
           is_same_text(run->window_from, mode->window_from) &&
           is_same_text(run->window_to, mode->window_to);
}

/* The newest run that began, when it is unfinished, would submit what we would, and
 * has no operations yet or such as can still be used; *last NULL when not. */
static bool
find_resumable(struct run *run, struct journal_run **last,
               struct journal_operations *operations, struct err *err)
{
    struct job *job = run->job;
    struct journal_run *newest;
    bool fit;

    *last = NULL;
    if (!journal_last_begun_run(job->context->journal, job->store->config->name,
                                job->file->job, &job->arena, &newest, err))
        return false;
    if (newest == NULL || run_status_is_final(newest->status) ||
        !is_same_text(newest->plan_hash, job->plan->hash) ||
        !fetches_the_same(newest, &run->mode))
        return true;
    if (!slices_note_fit(job->plan->slice, newest->notes, &fit, err))
        return false;
    if (!fit)
        return true;
    if (!journal_run_operations(job->context->journal, newest->ref.run_id,
                                &job->arena, operations, err))
        return false;
    if (operations->count == 0 ||
        operations->operations[operations->count - 1].age_ms < RESUMABLE_MS)
        *last = newest;
    return true;
}

static void
note_begun(struct run *run)
{
    run->begun = true;
    run->job->has_outcome = true;
    run->job->log.run_id = run->ref.run_id;
}

static bool
begin(struct run *run, struct err *err)
{
    struct job *job = run->job;
    struct run_start start = {.store = job->store->config->name,
                              .job = job->file->job,
                              .mode = run->mode.mode,
                              .mode_reason = run->mode.reason,
                              .plan_hash = job->plan->hash,
                              .window_from = run->mode.window_from,
                              .window_to = run->mode.window_to};

    if (!supersede_others(job, 0, true, err) ||
        !journal_run_begin(job->context->journal, &start, &run->ref, err))
        return false;
    note_begun(run);
    return fetch_begin(&run->fetch, job, &run->ref, &run->mode, err);
}

/* It may have ended meanwhile: a merge under way is waited for. */
static bool
take_over(struct run *run, bool is_submitted, struct err *err)
{
    bool taken;

    if (!journal_run_resume(run->job->context->journal, &run->ref,
                            is_submitted ? RUN_POLLING : RUN_SUBMITTING, &taken,
                            err))
        return false;
    if (taken)
        return true;
    err_set(err, MSG_RUN_ENDED, "run %" PRId64 " has ended meanwhile",
            run->ref.run_id);
    return false;
}

/* Killed before it wrote down any operation, it begins with them. */
static bool
resume(struct run *run, const struct journal_run *last,
       const struct journal_operations *operations, struct err *err)
{
    struct job *job = run->job;
    bool has_any = operations->count > 0;

    run->ref = last->ref;
    if (!take_over(run, has_any, err))
        return false;
    note_begun(run);
    if (!supersede_others(job, run->ref.run_id, true, err))
        return false;
    land_drop_staging(job->context, run->ref.run_id);
    log_info(&job->log, "an unfinished run goes on", LOG_END);
    return has_any ? fetch_resume(&run->fetch, job, &run->ref, &run->mode,
                                  last->notes, operations, err)
                   : fetch_begin(&run->fetch, job, &run->ref, &run->mode, err);
}

static bool
begin_or_resume(struct run *run, struct err *err)
{
    struct journal_operations operations;
    struct journal_run *last;

    if (!mode_choose(run->job, &run->land, &run->mode, err) ||
        !find_resumable(run, &last, &operations, err))
        return false;
    return last != NULL ? resume(run, last, &operations, err) : begin(run, err);
}

/* ---- from the store ---------------------------------------------------- */

static const char *
keep_path(struct run *run, int n)
{
    struct job *job = run->job;
    const char *directory = job->context->options->keep_directory;

    if (directory == NULL)
        return NULL;
    return arena_printf(&job->arena, "%s/%s.%s.%" PRId64 ".%d.jsonl", directory,
                        job->store->config->name, job->file->job,
                        run->ref.run_id, n);
}

static struct source *
make_source(struct run *run, const struct operation *operation)
{
    struct job *job = run->job;
    const struct bulk_operation *bulk = &operation->bulk;
    struct source *source = source_download_new(
        job->context->http, context_session(job->context, job->store), bulk,
        &job->log);
    const char *path = keep_path(run, (int)operation->row.n);
    struct sidecar about = {.id = bulk->id,
                            .created_at = bulk->created_at,
                            .completed_at = bulk->completed_at,
                            .plan_hash = job->plan->hash,
                            .document = operation->row.query != NULL
                                            ? operation->row.query
                                            : operation->document};

    return path != NULL ? source_copy_new(source, path, &about) : source;
}

/* What a killed run left in the folder; nobody else runs this job now. */
static void
clean_kept(const struct run *run)
{
    const struct job *job = run->job;
    const char *directory = job->context->options->keep_directory;

    if (directory != NULL)
        keep_clean(directory, job->store->config->name, job->file->job);
}

static bool
land_operations(struct run *run, struct err *err)
{
    struct fetch *fetch = &run->fetch;
    struct land *land = &run->land;
    size_t count = (size_t)fetch->count;
    bool landed;

    land->run = run->ref;
    land->mode = run->mode.mode;
    land->incremental = run->mode.mode == RUN_INCREMENTAL;
    land->sources = mem_array(count, sizeof(*land->sources));
    land->operations = mem_array(count, sizeof(*land->operations));
    land->source_count = fetch->count;
    for (size_t i = 0; i < count; i++) {
        land->sources[i] = make_source(run, fetch->operations[i]);
        land->operations[i] = &fetch->operations[i]->row;
    }
    clean_kept(run);
    landed = land_results(land, err);
    for (size_t i = 0; i < count; i++)
        source_free(land->sources[i]);
    free(land->sources);
    free(land->operations);
    return landed;
}

/* Of what @slice cut, fewer roots than the store counted are not all. */
static bool
count_roots(struct run *run, struct err *err)
{
    const struct slices *slices = &run->fetch.slices;
    int64_t now = -1;

    run->land.least_roots = -1;
    run->land.is_cut = slices->count > 0;
    if (!run->land.is_cut)
        return true;
    if (!slices_count_roots(run->job->plan, &run->fetch.run, &now, err))
        return false;
    if (slices->before >= 0 && now >= 0)
        run->land.least_roots = now < slices->before ? now : slices->before;
    return true;
}

static bool
fetch_timed(struct run *run, struct err *err)
{
    int64_t begun = clock_now_ns();
    bool fetched = fetch_complete(&run->fetch, err);

    timings_since(&run->job->timings, TIMING_WAIT, begun);
    return fetched;
}

/* A URL that has lapsed is asked for once more, then the operation is
 * submitted anew. */
static bool
complete_and_land(struct run *run, struct err *err)
{
    for (int tries = 0;; tries++) {
        if (!fetch_timed(run, err) || !count_roots(run, err))
            return false;
        if (land_operations(run, err))
            return true;
        if (!err_is(err, MSG_URL_LAPSED) || tries == 2)
            return false;
        log_failure(LOG_WARN, &run->job->log, "the result's URL has lapsed",
                    err);
        if (tries == 1)
            run->fetch.operations[run->land.source_at]->is_submitted = false;
    }
}

/* ---- the run as a whole ------------------------------------------------ */

/* Somebody else has taken it over, or superseded it. */
static bool
is_not_ours(const struct err *why)
{
    return err_is(why, MSG_TAKEN_OVER) || err_is(why, MSG_SUPERSEDED);
}

/* What may work later leaves the run for the next one to go on with; a replay
 * has no next one. */
static enum run_status
status_after(const struct run *run, const struct err *why)
{
    if (run->land.mode == RUN_REPLAY)
        return RUN_FAILED;
    return why->kind == ERR_STOPPED || why->kind == ERR_LATER ||
                   why->kind == ERR_TRANSIENT
               ? RUN_INTERRUPTED
               : RUN_FAILED;
}

static const char *
message_after(const struct run *run, const struct err *why)
{
    if (!run->begun)
        return "the job is not run";
    if (is_not_ours(why))
        return "the run is not this process's any more";
    if (run->land.mode == RUN_REPLAY)
        return "the load failed; the file can be loaded again";
    if (status_after(run, why) == RUN_INTERRUPTED)
        return "the run is interrupted; the next one goes on";
    return "the run failed";
}

/* For who reads the journal later: status and the report tell it. */
static const char *
remedy_note(struct job *job, const struct err *why)
{
    struct buf note = buf_with_ceiling(NOTE_BYTES_MAX);
    struct json_out *json = json_out_new(&note);
    const char *kept;

    json_out_open(json, '{');
    json_out_text(json, "remedy", err_remedy(why));
    json_out_close(json, '}');
    json_out_free(json);
    kept = note.overflowed ? NULL : arena_strdup(&job->arena, buf_str(&note));
    buf_free(&note);
    return kept;
}

/* A failure into the journal, also while stopping. */
static void
finish_failed(struct run *run, const struct err *why)
{
    struct job *job = run->job;
    struct run_end end = {.status = status_after(run, why),
                          .error_code = why->code[0] != '\0' ? why->code : NULL,
                          .error = why->message,
                          .counts = run_counts_unknown,
                          .timings = timings_json(&job->timings, &job->arena),
                          .notes = remedy_note(job, why)};
    struct err err;

    end.counts.rejects = run->land.rejects;
    if (!run->begun || is_not_ours(why))
        return;
    task_shield();
    if (!journal_run_finish(job->context->journal, &run->ref, &end, &err))
        log_failure(LOG_WARN, &job->log, "the journal could not be told", &err);
    task_unshield();
}

static int64_t
milliseconds(const struct run *run, enum timing timing)
{
    return run->job->timings.ns[timing] / 1000000;
}

static void
log_landed(const struct run *run)
{
    const struct run_counts *counts = &run->land.counts;

    log_info(&run->job->log, "loaded", LOG_NUM("lines", counts->lines),
             LOG_NUM("bytes", counts->bytes),
             LOG_NUM("inserted", counts->rows_inserted),
             LOG_NUM("updated", counts->rows_updated),
             LOG_NUM("deleted", counts->rows_deleted),
             LOG_NUM("unchanged", counts->rows_unchanged),
             LOG_NUM("rejects", run->land.rejects),
             LOG_NUM("load_ms", milliseconds(run, TIMING_LOAD)),
             LOG_NUM("merge_ms", milliseconds(run, TIMING_MERGE)), LOG_END);
    if (run->land.rejects > 0)
        log_warn(&run->job->log, MSG_LINES_REJECTED, "lines were rejected",
                 LOG_NUM("rejects", run->land.rejects), LOG_END);
}

static void
end_run(struct run *run, const struct err *err)
{
    struct job *job = run->job;

    if (err != NULL) {
        finish_failed(run, err);
        if (run->fetch.slices.count > 0 && status_after(run, err) == RUN_FAILED)
            cancel_operations(job, run->ref.run_id);
        job_fail(job, message_after(run, err), err);
    } else {
        log_landed(run);
        job->is_loaded = true;
        job->rejects = run->land.rejects;
        job->tables = run->land.written;
        job->table_count = run->land.written_count;
        job->status =
            err_exit_status(run->land.rejects > 0 ? ERR_ROW : ERR_NONE);
        job_end(job);
    }
    land_free(&run->land);
    fetch_free(&run->fetch);
}

static void
release(struct job *job)
{
    journal_release(job->context->journal, job->store->config->name,
                    job->file->job);
}

static void
end_claimed(struct run *run, const struct err *err)
{
    end_run(run, err);
    release(run->job);
}

static bool
is_due(struct job *job, bool *due, struct err *err)
{
    struct journal_run *good;
    int64_t older_than_ms = job->context->options->older_than_ms;

    *due = true;
    if (older_than_ms < 0)
        return true;
    if (!journal_last_good_run(job->context->journal, job->store->config->name,
                               job->file->job, &job->arena, &good, err))
        return false;
    *due = good == NULL || good->age_ms > older_than_ms;
    return true;
}

/* With --older-than somebody else's claim means that the work is being done;
 * otherwise it is waited for a little. */
static bool
claim(struct job *job, bool *due, struct err *err)
{
    bool shares = job->context->options->older_than_ms >= 0;

    err->kind = ERR_NONE;
    if (!is_due(job, due, err))
        return false;
    if (!*due)
        return true;
    if (journal_claim(job->context->journal, job->store->config->name,
                      job->file->job, shares ? 0 : JOURNAL_CLAIM_MS, err)) {
        if (is_due(job, due, err) && *due)
            return true;
        release(job);
        return err->kind == ERR_NONE;
    }
    if (!shares || !err_is(err, MSG_LOCKED))
        return false;
    *due = false;
    return true;
}

static bool
run_claimed(struct run *run, struct err *err)
{
    run->land.job = run->job;
    return land_prepare(&run->land, err) && begin_or_resume(run, err) &&
           complete_and_land(run, err);
}

static bool
may_work_later(const struct err *why)
{
    return why->kind == ERR_TRANSIENT || why->kind == ERR_LATER;
}

/* The control connection was lost under the run, so that it could neither
 * write down what it does nor merge: with the connection had again it goes on
 * as the next process would. Whatever went wrong may be the work of somebody
 * who took the run over meanwhile. */
static bool
may_go_on(const struct run *run, int losses, struct err *err)
{
    struct context *context = run->job->context;
    struct err why = *err;

    if ((pg_is_alive(context->control) && context->control_losses == losses) ||
        (!may_work_later(&why) && !run->begun))
        return false;
    log_failure(LOG_WARN, &run->job->log,
                "the run lost its connection to the database", &why);
    if (!context_reopen_database(context, err) ||
        (run->begun && !journal_run_is_ours(context->journal, &run->ref, err)))
        return false;
    *err = why;
    return may_work_later(&why);
}

/* Then the job is looked at anew. */
static bool
has_ended(const struct job *job, const struct err *why)
{
    if (!err_is(why, MSG_RUN_ENDED))
        return false;
    log_failure(LOG_INFO, &job->log, "the job begins again", why);
    return true;
}

/* Claim, run, release: false when the job is to begin again. */
static bool
run_once(struct job *job)
{
    struct run run = {.job = job};
    int losses = job->context->control_losses;
    bool due = false, done;
    struct err err;

    progress_phase(&job->progress, PROGRESS_BEGINNING);
    job->has_outcome = false;
    if (!claim(job, &due, &err)) {
        job->has_outcome = err_is(&err, MSG_LOCKED); /* the other's run is */
        if (may_go_on(&run, losses, &err))
            return false;
        end_run(&run, &err);
        return true;
    }
    if (!due) {
        log_debug(&job->log, "nothing is due", LOG_END);
        job_end(job);
        return true;
    }
    done = run_claimed(&run, &err);
    if (!done && (has_ended(job, &err) || may_go_on(&run, losses, &err))) {
        land_free(&run.land);
        fetch_free(&run.fetch);
        release(job);
        return false;
    }
    end_claimed(&run, done ? NULL : &err);
    return true;
}

void
run_job(void *ctx)
{
    while (!run_once(ctx))
        continue;
}

/* ---- from a saved result ----------------------------------------------- */

static bool
replay_file(struct run *run, struct source *source, int64_t objects,
            struct err *err)
{
    struct job *job = run->job;
    bool incremental =
        job->plan->incremental != NULL && !job->context->options->full;
    struct run_start start = {.store = job->store->config->name,
                              .job = job->file->job,
                              .mode = RUN_REPLAY,
                              .mode_reason =
                                  incremental ? "incremental" : "full",
                              .plan_hash = job->plan->hash};

    run->land.job = job;
    if (objects >= 0) {
        source->claims.object_count = objects;
        source->claims.who = "--objects";
    }
    if (!land_prepare(&run->land, err) ||
        !supersede_others(job, 0, false, err) ||
        !journal_run_begin(job->context->journal, &start, &run->ref, err))
        return false;
    run->begun = true;
    job->log.run_id = run->ref.run_id;
    run->land.run = run->ref;
    run->land.mode = RUN_REPLAY;
    run->land.incremental = incremental;
    run->land.sources = &source;
    run->land.source_count = 1;
    return land_results(&run->land, err);
}

static bool
replay_claimed(struct run *run, const char *path, int64_t objects,
               struct err *err)
{
    struct job *job = run->job;
    struct source *source;
    bool done;

    if (!source_file_new(path, job->plan->hash,
                         job->context->options->any_query, &job->arena, &source,
                         err))
        return false;
    done = replay_file(run, source, objects, err);
    source_free(source);
    return done;
}

void
run_replay(struct job *job, const char *path, int64_t objects)
{
    struct run run = {.job = job, .land = {.mode = RUN_REPLAY}};
    struct err err;

    progress_phase(&job->progress, PROGRESS_BEGINNING);
    if (!journal_claim(job->context->journal, job->store->config->name,
                       job->file->job, JOURNAL_CLAIM_MS, &err)) {
        end_run(&run, &err);
        return;
    }
    end_claimed(&run, replay_claimed(&run, path, objects, &err) ? NULL : &err);
}
