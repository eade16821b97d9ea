/* Columns are as wide as their longest name, so that every table is measured
 * before it is printed. The options decide what is printed, and where:
 *
 *     --json        stdout: events; the last one is the summary
 *     default       stdout: tables, jobs, jobs that were not due, remedies
 *     --dry-run     stdout: of run: statements, tables, examples of their rows,
 *                   and the same; of load: remedies, if there are any
 *     -q            stderr: jobs with rejects, which are not errors in the log
 *     -q and JSON   nothing: the log has it all
 *
 * Failures of several jobs with one cause at their store share one line
 * (job/fault.h). So do jobs that a signal stopped. */
#include "cli/summary.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/out.h"
#include "cli/process.h"
#include "journal/merge.h"

enum { TIMING_WIDTH = 7 };

static int
longer(int width, size_t length)
{
    return (int)length > width ? (int)length : width;
}

/* ---- tables ------------------------------------------------------------ */

/* The width of the longest schema.table. */
static int
table_width(const struct jobs *jobs)
{
    int width = (int)strlen("table");

    for (size_t i = 0; i < jobs->count; i++)
        for (size_t t = 0; t < jobs->items[i].table_count; t++) {
            const struct journal_run_table *table = &jobs->items[i].tables[t];

            width = longer(width, strlen(table->table_schema) +
                                      strlen(table->table_name) + 1);
        }
    return width;
}

static void
print_table(const struct journal_run_table *table, int width)
{
    out_line(stdout,
             "%s.%-*s %10" PRId64 " %10" PRId64 " %10" PRId64 " %10" PRId64,
             table->table_schema, width - (int)strlen(table->table_schema) - 1,
             table->table_name, table->inserted, table->updated, table->deleted,
             table->unchanged);
}

static void
print_tables(const struct jobs *jobs)
{
    int width = table_width(jobs);
    bool headed = false;

    for (size_t i = 0; i < jobs->count; i++)
        for (size_t t = 0; t < jobs->items[i].table_count; t++) {
            if (!headed)
                out_line(stdout, "%-*s %10s %10s %10s %10s", width, "table",
                         "inserted", "updated", "deleted", "unchanged");
            headed = true;
            print_table(&jobs->items[i].tables[t], width);
        }
    if (headed)
        out_line(stdout, "%s", "");
}

/* ---- dry runs ----------------------------------------------------------- */

static void
print_ddl(const struct jobs *jobs)
{
    for (size_t i = 0; i < jobs->count; i++) {
        const struct job *job = &jobs->items[i];

        if (!job->is_dry || job->ddl == NULL)
            continue;
        out_line(stdout, "-- %s/%s: a run would first execute",
                 job->config->name, job->file->job);
        for (const char *const *ddl = job->ddl; *ddl != NULL; ddl++)
            out_lines(stdout, span_str(*ddl));
        out_line(stdout, "%s", "");
    }
}

static bool
print_examples_of(const struct journal_run_table *table, const char *what,
                  const char *examples)
{
    if (examples != NULL)
        out_line(stdout, "%s.%s %s, for example: %s", table->table_schema,
                 table->table_name, what, examples);
    return examples != NULL;
}

static void
print_examples(const struct jobs *jobs)
{
    bool any = false;

    for (size_t i = 0; i < jobs->count; i++)
        for (size_t t = 0; t < jobs->items[i].table_count; t++) {
            const struct journal_run_table *table = &jobs->items[i].tables[t];

            any |= print_examples_of(table, "inserted", table->shown_inserted);
            any |= print_examples_of(table, "updated", table->shown_updated);
            any |= print_examples_of(table, "deleted", table->shown_deleted);
        }
    if (any)
        out_line(stdout, "%s", "");
}

/* ---- jobs -------------------------------------------------------------- */

/* Jobs that share a fault of their store, and jobs that were not due, are
 * summed up in other lines. */
static bool
has_row(const struct job *job)
{
    return job->progress.phase == PROGRESS_ENDED && !job_was_not_due(job) &&
           !fault_is_shared(job);
}

static void
print_not_due(const struct jobs *jobs)
{
    size_t count = 0;

    for (size_t i = 0; i < jobs->count; i++)
        count += job_was_not_due(&jobs->items[i]);
    if (count > 0)
        out_line(stdout, "%zu %s not due", count,
                 count == 1 ? "job was" : "jobs were");
}

static size_t
name_length(const struct job *job)
{
    return strlen(job->config->name) + 1 + strlen(job->file->job);
}

/* Width of the jobs' column; 0 if no job has a row. */
static int
job_width(const struct jobs *jobs)
{
    int width = 0;

    for (size_t i = 0; i < jobs->count; i++)
        if (has_row(&jobs->items[i]))
            width = longer(longer(width, strlen("job")),
                           name_length(&jobs->items[i]));
    return width;
}

static void
print_name(const struct job *job, int width)
{
    out_part(stdout, "%s/%-*s", job->config->name,
             width - (int)strlen(job->config->name) - 1, job->file->job);
}

static void
print_job(const struct job *job, int width)
{
    print_name(job, width);
    if (job->is_loaded || (job->is_dry && job->ddl == NULL))
        out_part(stdout, " %10" PRId64, job->rejects);
    else
        out_part(stdout, " %10s", "-");
    out_line(stdout, " %10.1f  %s",
             (double)progress_ms(&job->progress, clock_now_ms()) / 1000,
             job_ending(job));
}

static void
print_jobs(const struct jobs *jobs)
{
    int width = job_width(jobs);

    if (width == 0)
        return;
    out_line(stdout, "%-*s %10s %10s  outcome", width, "job", "rejects",
             "seconds");
    for (size_t i = 0; i < jobs->count; i++)
        if (has_row(&jobs->items[i]))
            print_job(&jobs->items[i], width);
}

static int
timing_width(enum timing timing)
{
    return longer(TIMING_WIDTH, strlen(timing_name(timing)));
}

static void
print_timings(const struct jobs *jobs)
{
    int width = job_width(jobs);

    if (width == 0)
        return;
    out_printf(stdout, "\n%-*s", width, "seconds");
    for (enum timing i = 0; i < TIMING_COUNT; i++)
        out_part(stdout, " %*s", timing_width(i), timing_name(i));
    out_line(stdout, "%s", "");
    for (size_t i = 0; i < jobs->count; i++) {
        if (!has_row(&jobs->items[i]))
            continue;
        print_name(&jobs->items[i], width);
        for (enum timing t = 0; t < TIMING_COUNT; t++)
            out_part(stdout, " %*.2f", timing_width(t),
                     (double)jobs->items[i].timings.ns[t] / 1e9);
        out_line(stdout, "%s", "");
    }
}

/* ---- remedies ---------------------------------------------------------- */

static void
print_remedy(FILE *to, const char *ending, const struct err *err)
{
    out_line(to, " %s: %s; to fix: %s (%s)", ending, err->message,
             err_remedy(err), err->code);
}

static void
print_job_remedy(FILE *to, const struct job *job)
{
    out_part(to, "%s/%s", job->config->name, job->file->job);
    if (job->err.kind != ERR_NONE)
        print_remedy(to, job_ending(job), &job->err);
    else
        out_line(to,
                 " rejected %" PRId64 " %s; to fix: see bulkpg.reject where "
                 "run_id = %" PRId64,
                 job->rejects, job->rejects == 1 ? "line" : "lines",
                 job->log.run_id);
}

/* A store that was left out, and how many jobs that concerns. */
static void
print_left_out(const struct job_fault *fault)
{
    char text[64] = "";

    if (fault->jobs > 1)
        snprintf(text, sizeof(text), " (%zu jobs did not run)", fault->jobs);
    out_line(stdout, "store %s is left out: %s%s; to fix: %s (%s)",
             fault->store, fault->err.message, text, err_remedy(&fault->err),
             fault->err.code);
}

/* One line for all jobs that failed with this fault. */
static void
print_shared(const struct store_fault *fault)
{
    char ending[64];

    snprintf(ending, sizeof(ending), "%zu jobs %s", fault->jobs,
             fault_ending(fault));
    out_part(stdout, "store %s:", fault->job->config->name);
    print_remedy(stdout, ending, &fault->err);
}

/* With -q the log has the failures, and only rejects are printed here. */
static void
print_failure(FILE *to, const struct job *job, bool quiet)
{
    if (fault_is_shared(job)) {
        if (!quiet && job->fault->job == job)
            print_shared(job->fault);
    } else if ((job->err.kind != ERR_NONE && !quiet) || job->rejects > 0) {
        print_job_remedy(to, job);
    }
}

/* One line for each store or job that failed or has rejects, and one for all
 * jobs that a signal stopped. */
static void
print_remedies(const struct jobs *jobs, FILE *to, bool quiet)
{
    size_t stopped = 0;

    for (size_t i = 0; i < jobs->fault_count && !quiet; i++)
        print_left_out(&jobs->faults[i]);
    for (size_t i = 0; i < jobs->count; i++)
        if (jobs->items[i].err.kind == ERR_STOPPED)
            stopped++;
        else
            print_failure(to, &jobs->items[i], quiet);
    if (stopped > 0)
        out_line(to, "%zu %s stopped by a signal; to fix: %s (%s)", stopped,
                 stopped == 1 ? "job was" : "jobs were",
                 message_at(MSG_STOPPED)->remedy,
                 message_at(MSG_STOPPED)->code);
}

static bool
has_remedies(const struct jobs *jobs)
{
    bool any = jobs->fault_count > 0;

    for (size_t i = 0; i < jobs->count; i++)
        any = any || jobs->items[i].err.kind != ERR_NONE ||
              jobs->items[i].rejects > 0;
    return any;
}

static void
print_summary(const struct jobs *jobs)
{
    const struct options *options = jobs->options;

    if (options->quiet) {
        if (options->log_format == LOG_TEXT)
            print_remedies(jobs, stderr, true);
        return;
    }
    print_ddl(jobs);
    print_tables(jobs);
    print_examples(jobs);
    if (!jobs->only_parses) {
        print_jobs(jobs);
        print_not_due(jobs);
    }
    if (options->timings)
        print_timings(jobs);
    if (has_remedies(jobs)) {
        if (job_width(jobs) > 0)
            out_line(stdout, "%s", "");
        print_remedies(jobs, stdout, false);
    }
    out_flush();
}

/* ---- events ------------------------------------------------------------ */

static void
report_left_out(const struct jobs *jobs)
{
    for (size_t i = 0; i < jobs->fault_count; i++) {
        const struct log_ctx ctx = {.store = jobs->faults[i].store};

        event_failure(&ctx, &jobs->faults[i].err);
    }
}

static void
report_summary(const struct jobs *jobs, int status)
{
    int64_t loaded = 0, failed = 0, not_due = 0, dry = 0;

    for (size_t i = 0; i < jobs->count; i++) {
        const struct job *job = &jobs->items[i];

        loaded += job->is_loaded;
        failed += job->err.kind != ERR_NONE && !job->is_loaded &&
                  (!job->is_dry || job->status == EX_UNAVAILABLE);
        not_due += job_was_not_due(job);
        dry += job->is_dry;
    }
    EVENT("summary", NULL, LOG_NUM("jobs", jobs->count),
          LOG_NUM("loaded", loaded), LOG_NUM("failed", failed),
          LOG_NUM("not_due", not_due), LOG_NUM("dry", dry > 0 ? dry : -1),
          LOG_NUM("exit_status", status), LOG_END);
}

int
summary_end(struct jobs *jobs, bool done, const struct err *err)
{
    int status = jobs_status(jobs);

    if (!done)
        status = err_worse_status(status, process_fail(err));
    else if (!event_is_enabled())
        print_summary(jobs);
    if (event_is_enabled()) {
        report_left_out(jobs);
        report_summary(jobs, status);
    }
    jobs_free(jobs);
    return status;
}
