#include "run/ending.h"

#include "base/event.h"
#include "journal/remedy.h"
#include "run/commit.h"
#include "run/land.h"

/* True if another process has taken over or superseded the run. */
static bool
is_not_ours(const struct err *why)
{
    return err_is(why, MSG_TAKEN_OVER) || err_is(why, MSG_SUPERSEDED);
}

/* A replay, a dry run or a run with --ids is never interrupted, because no
 * later run can resume it. */
static enum run_status
status_after(const struct run *run, const struct err *why)
{
    if (run->origin->is_replay || run->is_dry || run->mode.mode == RUN_IDS)
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
        return "the job did not run";
    if (is_not_ours(why))
        return "another process took over or superseded the run";
    if (run->origin->is_replay)
        return "the load failed; the file can be loaded again";
    if (run->is_dry)
        return "the dry run failed";
    if (run->job->pending == JOB_PENDING_BY_IDS)
        return "the changed objects could not be fetched; they stay pending";
    if (run->mode.mode == RUN_IDS)
        return "the run failed; run it with the same --ids again";
    if (status_after(run, why) == RUN_INTERRUPTED)
        return "the run was interrupted; the next run resumes it";
    return "the run failed";
}

/* Record the failure in the journal, even while bulkpg is stopping. */
static void
finish_failed(struct run *run, const struct err *why)
{
    struct run_end end = {.status = status_after(run, why),
                          .error_code = why->code[0] != '\0' ? why->code : NULL,
                          .error = why->message,
                          .counts = run_counts_unknown,
                          .timings = timings_json(run->timings, run->arena),
                          .notes = remedy_note(run->arena, why)};
    struct err err;

    end.counts.rejects = run->rejects;
    if (!run->begun || is_not_ours(why))
        return;
    task_shield();
    if (!journal_run_finish(run->journal, &run->ref, &end, &err))
        log_failure(LOG_WARN, run->log,
                    "cannot record the run's end in the journal", &err);
    task_unshield();
}

static int64_t
milliseconds(const struct run *run, enum timing timing)
{
    return run->timings->ns[timing] / 1000000;
}

static void
log_landed(const struct run *run)
{
    const struct run_counts *counts = &run->counts;

    log_info(run->log, "loaded", LOG_NUM("lines", counts->lines),
             LOG_NUM("bytes", counts->bytes),
             LOG_NUM("inserted", counts->rows_inserted),
             LOG_NUM("updated", counts->rows_updated),
             LOG_NUM("deleted", counts->rows_deleted),
             LOG_NUM("unchanged", counts->rows_unchanged),
             LOG_NUM("rejects", run->rejects),
             LOG_NUM("load_ms", milliseconds(run, TIMING_LOAD)),
             LOG_NUM("merge_ms", milliseconds(run, TIMING_MERGE)), LOG_END);
    if (run->compared != NULL)
        log_info(run->log, "rows that did not change were not sent",
                 LOG_STR("tables", run->compared),
                 LOG_NUM("not_sent", run->unsent), LOG_NUM("sent", run->sent),
                 LOG_END);
    if (run->rejects > 0)
        log_warn(run->log, MSG_LINES_REJECTED, "lines were rejected",
                 LOG_NUM("rejects", run->rejects), LOG_END);
}

static void
report_loaded(const struct run *run)
{
    const struct run_counts *counts = &run->counts;

    EVENT("loaded", run->log, LOG_STR("mode", run_mode_name(run->mode.mode)),
          LOG_STR("status",
                  run_status_name(run->rejects > 0 ? RUN_LOADED_WITH_REJECTS
                                                   : RUN_LOADED)),
          LOG_NUM("lines", counts->lines), LOG_NUM("bytes", counts->bytes),
          LOG_NUM("rows_inserted", counts->rows_inserted),
          LOG_NUM("rows_updated", counts->rows_updated),
          LOG_NUM("rows_deleted", counts->rows_deleted),
          LOG_NUM("rows_unchanged", counts->rows_unchanged),
          LOG_NUM("rejects", run->rejects), LOG_END);
}

void
ending_failed(struct run *run, const struct err *why)
{
    finish_failed(run, why);
    if (run->begun && status_after(run, why) == RUN_FAILED) {
        origin_give_up(run->origin);
        if (run->origin->is_paged && !is_not_ours(why))
            land_forget_pages(run);
    }
    job_fail(run->job, message_after(run, why), why);
}

void
ending_loaded(struct run *run)
{
    struct job *job = run->job;
    bool is_complete = commit_is_complete(run, &job->err);

    log_landed(run);
    report_loaded(run);
    if (!is_complete)
        log_failure(LOG_WARN, run->log, "rows are missing", &job->err);
    job->is_loaded = true;
    job->rejects = run->rejects;
    job->tables = run->written;
    job->table_count = run->written_count;
    job->status =
        err_exit_status(run->rejects > 0 || !is_complete ? ERR_ROW : ERR_NONE);
    job_end(job);
}
