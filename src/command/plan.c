/*
 * Each option selects what is printed: the document, the plan as JSON, sources
 * for dbt, all statements, or the changes of the database. Without an option it
 * is an overview in the form of SQL: what is not a statement is a comment. With
 * --types only files are read, so the changes are not known.
 *
 * Hazard. append_all() prints most of its output itself. It leaves only the
 * changes in the buffer, which its caller prints last.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/out.h"
#include "cli/process.h"
#include "command/changes.h"
#include "command/commands.h"
#include "command/plan_compare.h"
#include "command/plan_dbt.h"
#include "command/plan_json.h"
#include "command/plan_mutation.h"
#include "job/control.h"
#include "job/job.h"
#include "job/jobs.h"
#include "plan/ddl.h"
#include "plan/expense.h"
#include "plan/mask.h"
#include "plan/statements.h"
#include "plan/unseen.h"

enum { OUTPUT_BYTES_MAX = 64 * 1024 * 1024 };

static void
print_incremental(const struct plan *plan)
{
    const struct plan_incremental *incremental = plan->incremental;
    const struct dialect_pages *pages = plan->dialect->pages;
    const char *const *unseen = unseen_list(plan);
    char overlap[32], every[32];

    out_printf(
        stdout,
        "\n-- Incremental, by %s: a run fetches what changed since %s before "
        "the\n-- last run began.",
        pages != NULL && pages->takes_since ? "$since" : incremental->field,
        duration_format(incremental->overlap_ms, overlap));
    if (incremental->full_every_ms > 0)
        out_printf(
            stdout,
            " Every %s a run fetches everything. Only such a run finds:\n",
            duration_format(incremental->full_every_ms, every));
    else
        out_printf(stdout, " Only run --full fetches everything, and finds:\n");
    for (; *unseen != NULL; unseen++)
        out_line(stdout, "--   %s", *unseen);
}

static void
print_upkeep(const struct plan *plan)
{
    if (plan->incremental != NULL)
        print_incremental(plan);
    if (plan->incremental != NULL && plan->tables[0].has_position)
        out_printf(stdout,
                   "\n-- _position of %s is the row's position in the newest "
                   "result that has the row.\n-- After an incremental run, the "
                   "table has positions of different results.\n",
                   plan->tables[0].name);
    if (plan->deletes == PLAN_DELETES_SOFT)
        out_printf(stdout,
                   "\n-- Rows that are gone from the store get the time in "
                   "_deleted_at. Rows without id\n-- are deleted.\n");
    else if (plan->deletes == PLAN_DELETES_KEEP)
        out_printf(stdout,
                   "\n-- Rows that are gone from the store are kept, without a "
                   "mark. Rows without id are\n-- deleted.\n");
    if (plan->may_shrink)
        out_printf(
            stdout,
            "\n-- The result may be empty: a run may remove any number of "
            "rows.\n");
}

static const char *
mask_effect(enum plan_mask mask)
{
    static const char *const effects[] = {
        [PLAN_MASK_HASH] = "a hash of 32 digits",
        [PLAN_MASK_NULL] = "NULL",
        [PLAN_MASK_DOMAIN] = "what follows the @",
        [PLAN_MASK_YEAR] = "the year, in UTC"};

    return effects[mask];
}

static void
print_masks(const struct plan *plan)
{
    if (mask_first(plan) == NULL)
        return;
    out_printf(stdout,
               "\n-- Masked columns. The values that the store sends are not "
               "stored anywhere:\n-- the results are not archived, and rejects "
               "do not have their lines.\n");
    for (int i = 0; i < plan->table_count; i++)
        for (int c = 0; c < plan->tables[i].column_count; c++) {
            const struct plan_column *column = &plan->tables[i].columns[c];

            if (column->mask != PLAN_MASK_NONE)
                out_line(stdout, "--   %s.%s: %s (%s)", plan->tables[i].name,
                         column->name, mask_effect(column->mask),
                         mask_name(column->mask));
        }
}

/* All jobs of a store share its requests in flight. */
static struct expense_terms
terms_of(const struct job *job)
{
    const struct plan_paged *paged = &job->plan->paged;
    const struct store_config *config = job->config;
    bool has_own =
        paged->concurrency > 0 && paged->concurrency < config->concurrency;

    return (struct expense_terms){
        .rows = paged->rows > 0 ? paged->rows : config->page,
        .concurrency = has_own ? paged->concurrency : config->concurrency,
        .per_second = config->share * job->plan->dialect->pages->per_second};
}

/* A query with @paged(below:) may be read in both ways. */
static void
print_pages(const struct job *job)
{
    const struct plan *plan = job->plan;
    struct expense_terms terms = terms_of(job);
    struct buf text = buf_with_ceiling(OUTPUT_BYTES_MAX);

    if (plan->paged.way == PLAN_BY_COUNT)
        out_printf(stdout,
                   "\n-- With at most %lld rows of %s, it is read page by page "
                   "instead.\n",
                   (long long)plan->paged.below, plan->tables[0].path);
    if (plan->paged.way != PLAN_BY_BULK) {
        expense_print(plan, &terms, &text);
        out_lines(stdout, buf_span(&text));
    }
    buf_free(&text);
}

static void
print_compared(const struct job *job, const struct changes *changes)
{
    struct buf text = buf_with_ceiling(OUTPUT_BYTES_MAX);

    plan_compare_append(&text, job, changes);
    out_lines(stdout, buf_span(&text));
    buf_free(&text);
}

static void
print_left_out(const struct plan *plan)
{
    if (plan->left_out != NULL)
        out_printf(stdout,
                   "\n-- Left out (@optional). Tables keep their rows, and "
                   "columns are NULL:\n");
    for (const struct gql_left_out *f = plan->left_out; f; f = f->next)
        out_printf(
            stdout, "--   %s%s: %s\n", f->path, f->is_table ? ", a table" : "",
            f->is_denied ? "the store denies it" : "the API does not have it");
}

static const char *
remedy_of(const struct gql_note *note)
{
    return note->hint[0] != '\0' ? note->hint : message_at(note->msg)->remedy;
}

static void
print_notes(const struct gql_note *notes)
{
    if (notes != NULL)
        out_printf(stdout, "\n-- Notes:\n");
    for (const struct gql_note *n = notes; n != NULL; n = n->next)
        out_printf(stdout, "--   %s\n--     %s\n", n->message, remedy_of(n));
}

/* For output formats in which the notes cannot be comments. */
static void
log_notes(const struct job *job)
{
    for (const struct gql_note *n = job->notes; n != NULL; n = n->next)
        log_warn(&job->log, n->msg, n->message, LOG_STR("hint", remedy_of(n)),
                 LOG_END);
}

/* For --changes: what the next run does to the database before it loads. */
static void
append_changes(struct buf *text, const struct changes *changes)
{
    buf_append_str(text, changes->created);
    buf_append_str(text, changes->altered);
    if (text->length == 0)
        buf_append_str(text, "-- none\n");
    changes_append_left(text, changes);
}

/* `changes` is NULL if the database was not asked. Tables that do not exist yet
 * are created as printed under "The tables", so only changes to existing tables
 * follow. */
static void
append_all(struct buf *text, const struct job *job,
           const struct changes *changes)
{
    ddl_print(text, job->plan, job->config->schema);
    out_printf(
        stdout, "-- Job %s of %s %s. %s:\n/*\n%s*/\n\n-- The tables:\n%s",
        job->plan->job, store_config_kind(job->config), job->config->name,
        job->plan->paged.way == PLAN_BY_PAGES
            ? "It reads this query page by page"
            : "It submits this document, with a marker before it",
        job->plan->document, buf_str(text));
    print_pages(job);
    print_upkeep(job->plan);
    print_masks(job->plan);
    print_compared(job, changes);
    print_left_out(job->plan);
    print_notes(job->notes);
    buf_clear(text);
    if (changes == NULL)
        return;
    buf_printf(text, "\n-- Changes to tables that exist:\n%s",
               changes->altered[0] != '\0' ? changes->altered : "-- none\n");
    changes_append_left(text, changes);
}

static void
print_json(struct buf *text, const struct job *job,
           const struct changes *changes)
{
    struct expense_terms terms = {0};

    if (job->plan->paged.way != PLAN_BY_BULK)
        terms = terms_of(job);
    plan_json_append(text, job, &terms, changes);
}

static void
print_plan(const struct options *options, const struct job *job,
           const struct changes *changes)
{
    struct buf text = buf_with_ceiling(OUTPUT_BYTES_MAX);

    if (options->document || options->dbt || options->sql || options->changes)
        log_notes(job);
    if (options->document)
        buf_append_str(&text, job->plan->document);
    else if (options->json)
        print_json(&text, job, changes);
    else if (options->dbt)
        plan_dbt_append(&text, job);
    else if (options->sql)
        statements_print(&text, job->plan, job->config->schema);
    else if (options->changes)
        append_changes(&text, changes);
    else
        append_all(&text, job, changes);
    out_lines(stdout, buf_span(&text));
    buf_free(&text);
}

/* With --types only files are read. */
static bool
plan_one(struct context *context, struct job *job, struct err *err)
{
    const struct options *options = context->options;
    bool offline = options->types_file != NULL;
    struct changes changes = {0};

    if (!offline && !control_open(context, true, err))
        return false;
    job->asks_access = !offline;
    if (!job_prepare(job, options->types_file, err) ||
        (!offline && !changes_find(&changes, job, err)))
        return false;
    print_plan(options, job, offline ? NULL : &changes);
    return true;
}

/* Plans the job for the first store only: the plans for the others differ
 * in the schema. */
static bool
plan_first(struct context *context, struct jobs *jobs, struct arena *arena,
           bool *is_mutation, struct err *err)
{
    if (!context_configure(context, err) ||
        !plan_mutation(context, arena, is_mutation, err))
        return false;
    if (*is_mutation)
        return true;
    if (!jobs_collect(jobs, context, context->options->arguments, err))
        return false;
    return jobs->count == 0 || plan_one(context, &jobs->items[0], err);
}

static int
plan(struct context *context)
{
    struct jobs jobs = {0};
    struct arena arena = {0}; /* of a mutation's file */
    struct err err;
    bool is_mutation = false;
    int status = 0;

    if (!plan_first(context, &jobs, &arena, &is_mutation, &err))
        status = process_fail(&err);
    else if (jobs.count == 0 && !is_mutation)
        status = jobs.status;
    jobs_free(&jobs);
    arena_free(&arena);
    return status;
}

int
command_plan(const struct options *options)
{
    return process_run(options, plan);
}
