/*
 * check: prints a verdict (command/verdict.h) for the configuration, the
 * database, each store, each query and each mutation, and for files that
 * nothing reads.
 *
 * Hazards. One fault must not hide another: if a store does not answer, its
 * queries are checked without it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/event.h"
#include "base/mem.h"
#include "cli/process.h"
#include "command/access.h"
#include "command/check_database.h"
#include "command/check_mutation.h"
#include "command/commands.h"
#include "job/jobs.h"
#include "run/tables.h"

/* The state of a check. */
struct look {
    struct context *context;
    struct verdicts verdicts;
    struct access *stores; /* as context->stores */
};

/* ---- queries ----------------------------------------------------------- */

static const char *
detail_of(const struct access *access, struct job *job)
{
    const char *untried = access->answers ? "" : "not tried at the store";

    if (job->plan->left_out == NULL)
        return untried;
    return arena_printf(&job->arena, "left out: %s%s%s",
                        plan_left_out_text(job->plan, &job->arena),
                        untried[0] != '\0' ? "; " : "", untried);
}

/* access_check_store() has already reported a fault of the store's section. */
static void
on_fault(void *ctx, const struct store_state *store, const struct err *err)
{
    char what[128];

    if (store->config->fault.kind != ERR_NONE)
        return;
    snprintf(what, sizeof(what), "queries of %s %s",
             store_config_kind(store->config), store->config->name);
    verdict_error(ctx, what, err);
}

/* Make the plan, compare it with the tables that exist, and check that no
 * earlier query writes the same tables. */
static bool
check_plan(struct jobs *jobs, size_t i, bool answers, struct err *err)
{
    struct job *job = &jobs->items[i];
    struct tables tables = {0};

    job->asks_access = answers && job->context->options->types_file == NULL;
    return job_prepare(job, job->context->options->types_file, err) &&
           tables_inspect(&tables, job, err) && jobs_check_tables(jobs, i, err);
}

static void
report_deprecated(const struct job *job, const char *what,
                  struct verdicts *verdicts)
{
    struct err err;

    for (const struct gql_deprecated *d = job->deprecated; d != NULL;
         d = d->next) {
        err_set(&err, MSG_DEPRECATED, "%s:%u:%u: %s.%s is deprecated",
                job->file->path, d->pos.line, d->pos.column, d->type, d->field);
        err_hint(&err, "%s", d->reason);
        verdict_warn(verdicts, what, &err);
    }
}

static void
report_notes(const struct job *job, const char *what, struct verdicts *verdicts)
{
    struct err err;

    for (const struct gql_note *n = job->notes; n != NULL; n = n->next) {
        err_set(&err, n->msg, "%s", n->message);
        if (n->hint[0] != '\0')
            err_hint(&err, "%s", n->hint);
        verdict_warn(verdicts, what, &err);
    }
}

static void
check_query(struct look *look, struct jobs *jobs, size_t i)
{
    struct job *job = &jobs->items[i];
    struct access *access = &look->stores[job->store - look->context->stores];
    char what[512];
    struct err err;

    look->verdicts.jobs++;
    verdict_about(&look->verdicts, job->config->name, job->file->job);
    snprintf(what, sizeof(what), "query %s (%s %s)", job->file->path,
             store_config_kind(job->config), job->config->name);
    if (!check_plan(jobs, i, access->answers, &err)) {
        job->status = err_exit_status(err.kind);
        if (access_collect(access, job->store, what, &err))
            return;
        verdict_blame(&look->verdicts, what, &err);
        return;
    }
    if (access_try_query(access, job, what, &look->verdicts))
        verdict_ok(&look->verdicts, what, detail_of(access, job));
    report_deprecated(job, what, &look->verdicts);
    report_notes(job, what, &look->verdicts);
}

static void
on_stray(void *ctx, const struct err *warning)
{
    verdict_warn(ctx, "queries", warning);
}

/* Without the journal, which keeps the types, queries cannot be checked. */
static void
check_jobs(struct look *look)
{
    struct jobs jobs;
    struct err err;

    if (!jobs_collect_reporting(&jobs, look->context, NULL, on_fault,
                                &look->verdicts, &err))
        verdict_error(&look->verdicts, "stores", &err);
    else if (look->context->journal != NULL)
        for (size_t i = 0; i < jobs.count; i++)
            check_query(look, &jobs, i);
    verdict_about(&look->verdicts, NULL, NULL);
    jobs_free(&jobs);
}

/* ---- the command ------------------------------------------------------- */

static void
check_stores(struct look *look)
{
    struct context *context = look->context;
    size_t count = context->config.store_count;
    struct arena strays = {0};

    look->stores = mem_array(count + 1, sizeof(*look->stores));
    for (size_t i = 0; i < count; i++) {
        verdict_about(&look->verdicts, context->stores[i].config->name, NULL);
        if (context_wants_store(context, context->stores[i].config))
            access_check_store(&look->stores[i], context, &context->stores[i],
                               &look->verdicts);
    }
    verdict_about(&look->verdicts, NULL, NULL);
    check_jobs(look);
    for (size_t i = 0; i < count && context->journal != NULL; i++)
        if (context_wants_store(context, context->stores[i].config))
            check_mutations(&look->stores[i], context, &context->stores[i],
                            &look->verdicts);
    verdict_about(&look->verdicts, NULL, NULL);
    query_files_find_strays(&strays, &context->config, on_stray,
                            &look->verdicts);
    arena_free(&strays);
    for (size_t i = 0; i < count; i++) {
        verdict_about(&look->verdicts, context->stores[i].config->name, NULL);
        access_report(&look->stores[i], &context->stores[i], &look->verdicts);
        access_check_scopes(&look->stores[i], &context->stores[i],
                            &look->verdicts);
        access_free(&look->stores[i]);
    }
    free(look->stores);
}

static void
check_all(struct look *look)
{
    const char *path;
    struct err err;

    if (!context_configure(look->context, &err)) {
        verdict_error(&look->verdicts, "configuration", &err);
        return;
    }
    path = look->context->config.path;
    verdict_ok(&look->verdicts, path != NULL ? path : "configuration", "");
    check_database(look->context, &look->verdicts);
    check_stores(look);
}

static int
check(struct context *context)
{
    struct look look = {.context = context,
                        .verdicts = {.quiet = context->options->quiet}};

    check_all(&look);
    verdict_end(&look.verdicts);
    return look.verdicts.status;
}

int
command_check(const struct options *options)
{
    if (options->json)
        event_enable();
    return process_run(options, check);
}
