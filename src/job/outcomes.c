#include "job/outcomes.h"

#include "base/clock.h"
#include "job/control.h"
#include "job/due.h"
#include "job/jobs.h"
#include "journal/runs.h"

/* Rows that are not in the journal yet. */
struct record {
    struct context *context;
    struct run_outcomes outcomes;
};

/* Write the rows. This also works while stopping, but then it does not reopen
 * a lost connection. */
static void
flush(struct record *record)
{
    struct context *context = record->context;
    struct err err;
    bool recorded = tasks_stopping() || control_reopen(context, &err);

    task_shield();
    recorded =
        recorded && journal_run_outcomes(context->journal, &record->outcomes,
                                         context->options->older_than_ms, &err);
    task_unshield();
    run_outcomes_clear(&record->outcomes);
    if (!recorded)
        log_failure(LOG_WARN, NULL,
                    "failed jobs could not be recorded in the journal", &err);
}

static void
add(struct record *record, const char *store, const char *job,
    const char *plan_hash, const struct err *err, int64_t took_ms)
{
    bool passes = err_exit_status(err->kind) == err_exit_status(ERR_LATER);
    const struct run_outcome outcome = {.store = store,
                                        .job = job,
                                        .plan_hash = plan_hash,
                                        .status = passes ? RUN_INTERRUPTED
                                                         : RUN_FAILED,
                                        .err = err,
                                        .took_ms = took_ms};

    if (run_outcomes_add(&record->outcomes, &outcome))
        flush(record);
}

/* ---- jobs ------------------------------------------------------------ */

/* Returns how many were added. The caller calls again until there are none,
 * because jobs may fail while the rows are written. */
static size_t
record_jobs(struct jobs *jobs, struct record *record)
{
    size_t added = 0;

    for (size_t i = 0; i < jobs->count; i++) {
        struct job *job = &jobs->items[i];

        if (job->err.kind == ERR_NONE || job->has_outcome)
            continue;
        job->has_outcome = true;
        added++;
        add(record, job->config->name, job->file->job,
            job->plan != NULL ? job->plan->hash : NULL, &job->err,
            progress_ms(&job->progress, clock_now_ms()));
    }
    if (added > 0)
        flush(record);
    return added;
}

void
outcomes_record(struct jobs *jobs)
{
    struct record record = {.context = jobs->recorded_by};

    if (jobs->recorded_by == NULL || jobs->is_recording)
        return;
    jobs->is_recording = true;
    while (record_jobs(jobs, &record) > 0)
        continue;
    jobs->is_recording = false;
}

void
outcomes_refuse(struct jobs *jobs, const struct err *why)
{
    for (size_t i = 0; i < jobs->count; i++) {
        struct job *job = &jobs->items[i];

        if (job->err.kind != ERR_NONE)
            continue;
        job->err = *why;
        job->status = err_exit_status(why->kind);
    }
    outcomes_record(jobs);
}

/* ---- stores that are left out ---------------------------------------- */

/* With --due, a job that is not due has not failed. */
static bool
is_due(const struct context *context, const char *store, const char *job,
       const struct query_file *file)
{
    const struct journal_due_job name = {store, job};
    const struct store_config *config = config_store(&context->config, store);
    struct journal_due seen;
    struct err err;

    if (!context->options->due ||
        !journal_due(context->journal, &name, 1, &seen, &err))
        return true;
    return due_is(&seen, due_age_ms(config, file),
                  context->config.tuning.retry_max_ms);
}

static void
add_left_out(struct record *record, const struct job_fault *fault,
             const char *job, const struct query_file *file)
{
    if (is_due(record->context, fault->store, job, file))
        add(record, fault->store, job, NULL, &fault->err, 0);
}

/* Without query files, record the jobs that the journal knows. */
static void
add_known(struct record *record, struct jobs *jobs,
          const struct job_fault *fault)
{
    struct run_query query = {.store = fault->store, .newest_only = true};
    struct journal_runs runs;
    struct err err;

    if (!journal_list_runs(record->context->journal, &query, &jobs->arena,
                           &runs, &err)) {
        log_failure(LOG_WARN, NULL,
                    "failed jobs could not be recorded in the journal", &err);
        return;
    }
    for (size_t i = 0; i < runs.count; i++)
        add_left_out(record, fault, runs.runs[i].job, NULL);
}

static void
add_fault(struct record *record, struct jobs *jobs,
          const struct job_fault *fault)
{
    const struct context *context = record->context;
    const struct store_config *store =
        config_store(&context->config, fault->store);
    const char *const *names = context->options->arguments;
    struct query_files files;
    struct err err;

    if (query_files_find(&jobs->arena, store, names, &files, &err)) {
        for (size_t i = 0; i < files.count; i++)
            add_left_out(record, fault, files.items[i].job, &files.items[i]);
    } else if (err.kind == ERR_USAGE) {
        return; /* the name is not a job of this store */
    } else if (store->jobs != NULL) {
        for (const char *const *job = store->jobs; *job != NULL; job++)
            add_left_out(record, fault, *job, NULL);
    } else {
        add_known(record, jobs, fault);
    }
}

void
outcomes_begin(struct jobs *jobs, struct context *context)
{
    struct record record = {.context = context};

    jobs->recorded_by = context;
    context->recorded = jobs;
    for (size_t i = 0; i < jobs->fault_count; i++)
        add_fault(&record, jobs, &jobs->faults[i]);
    if (jobs->fault_count > 0)
        flush(&record);
}
