#include "run/dry.h"

#include "base/event.h"
#include "journal/remedy.h"
#include "run/commit.h"
#include "run/land.h"

void
dry_prepare(struct run *run)
{
    run->job->ddl = tables_pending_ddl(&run->tables, run->job);
}

/* True if a run would succeed without rows missing. Else `why` says what it
 * would report. */
static bool
is_fine(const struct run *run, struct err *why)
{
    if (run->refusal.kind == ERR_NONE)
        return commit_is_complete(run, why);
    *why = run->refusal;
    return false;
}

bool
dry_record(struct run *run, struct err *err)
{
    bool has_counts = run->job->ddl == NULL;
    struct run_end end = {.status = RUN_DRY,
                          .counts =
                              has_counts ? run->counts : run_counts_unknown,
                          .timings = timings_json(run->timings, run->arena),
                          .notes = commit_notes(run)};
    struct err why;

    if (!is_fine(run, &why)) {
        end.error_code = why.code;
        end.error = why.message;
        end.notes = remedy_note(run->arena, &why);
    }
    return journal_run_finish(run->journal, &run->ref, &end, err);
}

void
dry_abandon(struct run *run, const struct err *why)
{
    struct run_end end = {.status = RUN_DRY,
                          .error_code = why->code,
                          .error = why->message,
                          .counts = run_counts_unknown};
    struct err err;

    if (!journal_run_finish(run->journal, &run->ref, &end, &err))
        log_failure(LOG_WARN, run->log,
                    "cannot record the run's end in the journal", &err);
    origin_give_up(run->origin);
    if (run->origin->is_paged)
        land_forget_pages(run);
}

/* ---- reporting ----------------------------------------------------------- */

/* An empty text is left out of an event. */
static const char *
or_none(const char *text)
{
    return text != NULL ? text : "";
}

static void
report_table(const struct run *run, const struct journal_run_table *table)
{
    EVENT("would_change", run->log, LOG_STR("schema", table->table_schema),
          LOG_STR("table", table->table_name),
          LOG_NUM("rows_inserted", table->inserted),
          LOG_NUM("rows_updated", table->updated),
          LOG_NUM("rows_deleted", table->deleted),
          LOG_NUM("rows_unchanged", table->unchanged),
          LOG_STR("inserted", or_none(table->shown_inserted)),
          LOG_STR("updated", or_none(table->shown_updated)),
          LOG_STR("deleted", or_none(table->shown_deleted)), LOG_END);
}

static void
report_ddl(const struct run *run)
{
    log_info(run->log, "dry run: a run would change the tables first", LOG_END);
    for (const char *const *ddl = run->job->ddl; *ddl != NULL; ddl++)
        EVENT("ddl", run->log, LOG_STR("sql", *ddl), LOG_END);
}

static void
report_changes(const struct run *run)
{
    const struct run_counts *counts = &run->counts;

    log_info(run->log, "dry run: nothing was changed",
             LOG_NUM("lines", counts->lines), LOG_NUM("bytes", counts->bytes),
             LOG_NUM("would_insert", counts->rows_inserted),
             LOG_NUM("would_update", counts->rows_updated),
             LOG_NUM("would_delete", counts->rows_deleted),
             LOG_NUM("unchanged", counts->rows_unchanged),
             LOG_NUM("rejects", run->rejects), LOG_END);
    if (run->rejects > 0)
        log_warn(run->log, MSG_LINES_REJECTED, "lines were rejected",
                 LOG_NUM("rejects", run->rejects), LOG_END);
    for (size_t i = 0; i < run->written_count; i++)
        report_table(run, &run->written[i]);
    EVENT("loaded", run->log, LOG_STR("mode", run_mode_name(run->mode.mode)),
          LOG_STR("status", run_status_name(RUN_DRY)),
          LOG_NUM("lines", counts->lines), LOG_NUM("bytes", counts->bytes),
          LOG_NUM("rows_inserted", counts->rows_inserted),
          LOG_NUM("rows_updated", counts->rows_updated),
          LOG_NUM("rows_deleted", counts->rows_deleted),
          LOG_NUM("rows_unchanged", counts->rows_unchanged),
          LOG_NUM("rejects", run->rejects), LOG_END);
}

/* What a run would report. Its exit status is that of the dry run. */
static void
report_fault(const struct run *run, struct err *why)
{
    if (is_fine(run, why)) {
        why->kind = ERR_NONE;
    } else if (run->refusal.kind == ERR_NONE) {
        log_failure(LOG_WARN, run->log, "rows are missing", why);
        err_as(why, ERR_ROW);
    } else {
        log_failure(LOG_ERROR, run->log, "a run would fail", why);
        event_failure(run->log, why);
    }
}

void
dry_end(struct run *run)
{
    struct job *job = run->job;

    if (job->ddl != NULL)
        report_ddl(run);
    else
        report_changes(run);
    report_fault(run, &job->err);
    job->is_dry = true;
    job->rejects = run->rejects;
    job->tables = run->written;
    job->table_count = run->written_count;
    job->status = job->err.kind != ERR_NONE
                      ? err_exit_status(job->err.kind)
                      : err_exit_status(run->rejects > 0 ? ERR_ROW : ERR_NONE);
    if (run->origin->is_paged)
        land_forget_pages(run);
    job_end(job);
}
