/*
 * Jobs go through three steps: they are collected (one for each query file of
 * each store), prepared (from text to plan) and run.
 *
 *     collect ─► for each schema, concurrently:
 *                  prepare one after the other
 *                  ─► refuse the second job that plans the same table
 *                  ─► run concurrently ─► end
 *
 * Tables of one schema can collide, so all jobs of a schema are planned before
 * the first of them runs. Jobs of other schemas cannot collide with them and do
 * not wait: a store that does not answer delays only its own schema.
 *
 * A fault of a store or a file never stops other jobs. A store that is left out
 * has no jobs; a job_fault keeps the reason for the summary. A file with a
 * fault becomes a job that fails when it is prepared.
 *
 * Hazard: tasks, the screen and store faults keep pointers to jobs, so items
 * must not move after jobs_run() has begun.
 */
#include "job/jobs.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "job/pending.h"
#include "job/store.h"
#include "journal/relation.h"

static void
add_job(struct jobs *jobs, struct context *context, struct store_state *store,
        const struct query_file *file)
{
    jobs->items =
        mem_resize(jobs->items, (jobs->count + 1) * sizeof(*jobs->items));
    job_init(&jobs->items[jobs->count++], context, store, file);
    store->faults.jobs_open++;
}

/* The function that gets the faults of stores. */
struct listener {
    jobs_fault_fn *on_fault;
    void *ctx;
};

static void
note_fault(struct jobs *jobs, const struct listener *listener,
           const struct store_state *store, const struct err *fault)
{
    listener->on_fault(listener->ctx, store, fault);
    jobs->status = err_worse_status(jobs->status, err_exit_status(fault->kind));
}

static size_t
count_jobs(struct jobs *jobs, const struct store_config *store)
{
    struct query_files files;
    struct err ignored;

    return query_files_find(&jobs->arena, store, jobs->options->arguments,
                            &files, &ignored)
               ? files.count
               : 0;
}

/* Log the fault, and keep it for the summary. */
static void
keep_fault(void *ctx, const struct store_state *store, const struct err *fault)
{
    struct jobs *jobs = ctx;
    struct log_ctx log = {.store = store->config->name};
    struct job_fault kept = {.store = store->config->name,
                             .err = *fault,
                             .jobs = count_jobs(jobs, store->config)};

    jobs->faults = mem_resize(jobs->faults,
                              (jobs->fault_count + 1) * sizeof(*jobs->faults));
    jobs->faults[jobs->fault_count++] = kept;
    LOG_AT(LOG_ERROR, &log, "the store is left out", LOG_NUM("jobs", kept.jobs),
           LOG_STR("error", fault->message), LOG_STR("code", fault->code),
           LOG_STR("hint", err_remedy(fault)), LOG_END);
}

/* With types from a file, the store gets no requests, so that a missing domain
 * or missing credentials do not matter. */
static bool
is_usable(const struct context *context, const struct store_config *store)
{
    if (store->fault.kind == ERR_NONE)
        return true;
    return context->options->types_file != NULL &&
           (err_is(&store->fault, MSG_NO_ADDRESS) ||
            err_is(&store->fault, MSG_NO_CREDENTIALS) ||
            err_is(&store->fault, MSG_SECRET_EXPOSED));
}

static bool
collect_store(struct jobs *jobs, struct context *context,
              struct store_state *store, const char *const *names,
              const struct listener *listener, struct err *err)
{
    struct query_files files;

    if (!is_usable(context, store->config)) {
        note_fault(jobs, listener, store, &store->config->fault);
        return true;
    }
    if (!query_files_find(&jobs->arena, store->config, names, &files, err)) {
        if (err->kind == ERR_USAGE)
            return false;
        note_fault(jobs, listener, store, err);
        return true;
    }
    for (size_t i = 0; i < files.count; i++)
        add_job(jobs, context, store, &files.items[i]);
    return true;
}

/* ---- named jobs, stores and sources ---------------------------------- */

static bool
has_source(const struct context *context)
{
    for (size_t i = 0; i < context->config.store_count; i++)
        if (context->config.stores[i].preset != NULL)
            return true;
    return false;
}

/* Is `name` a job of any store that the command uses? */
static bool
is_job_of_any(struct jobs *jobs, const struct context *context,
              const char *name)
{
    for (size_t i = 0; i < context->config.store_count; i++) {
        const struct store_config *store = &context->config.stores[i];

        if (context_wants_store(context, store) &&
            query_files_has(&jobs->arena, store, name))
            return true;
    }
    return false;
}

/* Queries of one API are not for another. So if there are sources and no store
 * is selected, each store takes the named jobs that it has. A name that none
 * of them has stays in every list, and is then reported. */
static const char *const *
names_for(struct jobs *jobs, const struct context *context,
          const struct store_config *store, const char *const *names)
{
    const char *const *selected = context->options->stores;
    const char **kept;
    size_t count = 0;

    if (names == NULL || names[0] == NULL || !has_source(context) ||
        (selected != NULL && selected[0] != NULL))
        return names;
    while (names[count] != NULL)
        count++;
    kept = arena_array(&jobs->arena, count + 1, sizeof(*kept));
    count = 0;
    for (; *names != NULL; names++)
        if (query_files_has(&jobs->arena, store, *names) ||
            !is_job_of_any(jobs, context, *names))
            kept[count++] = *names;
    return count > 0 ? kept : NULL;
}

static bool
no_store(const struct config *config, struct err *err)
{
    if (config->store_count > 0) {
        err_set(err, MSG_NO_STORE, "every store in %s is disabled",
                config->path);
        return err_hint(err, "set enabled = yes in a section [store NAME]");
    }
    return err_set(err, MSG_NO_STORE, "no store is configured");
}

bool
jobs_collect_reporting(struct jobs *jobs, struct context *context,
                       const char *const *names, jobs_fault_fn *on_fault,
                       void *ctx, struct err *err)
{
    const struct listener listener = {on_fault, ctx};
    bool any = false;

    *jobs = (struct jobs){.options = context->options};
    for (size_t i = 0; i < context->config.store_count; i++) {
        struct store_state *store = &context->stores[i];
        const char *const *mine;

        if (!context_wants_store(context, store->config))
            continue;
        any = true;
        mine = names_for(jobs, context, store->config, names);
        if (mine == NULL && names != NULL && names[0] != NULL)
            continue; /* none of the named jobs is one of this store */
        if (!collect_store(jobs, context, store, mine, &listener, err))
            return false;
    }
    return any || no_store(&context->config, err);
}

bool
jobs_collect(struct jobs *jobs, struct context *context,
             const char *const *names, struct err *err)
{
    return jobs_collect_reporting(jobs, context, names, keep_fault, jobs, err);
}

bool
jobs_collect_one(struct jobs *jobs, struct context *context,
                 struct store_state *store, const char *name, struct err *err)
{
    const char *const names[] = {name, NULL};
    struct query_files files;

    *jobs = (struct jobs){.options = context->options};
    if (store->config->fault.kind != ERR_NONE) {
        *err = store->config->fault;
        return false;
    }
    if (!query_files_find(&jobs->arena, store->config, names, &files, err))
        return false;
    add_job(jobs, context, store, &files.items[0]);
    return true;
}

void
jobs_free(struct jobs *jobs)
{
    for (size_t i = 0; i < jobs->count; i++)
        job_free(&jobs->items[i]);
    free(jobs->items);
    free(jobs->faults);
    arena_free(&jobs->arena);
}

/* ---- tables of two jobs ---------------------------------------------- */

static const char *
shared_table(const struct job *a, const struct job *b)
{
    if (a->plan == NULL || b->plan == NULL || a->status != 0 ||
        strcmp(a->config->schema, b->config->schema) != 0)
        return NULL;
    for (int i = 0; i < a->plan->table_count; i++)
        for (int k = 0; k < b->plan->table_count; k++)
            if (!a->plan->tables[i].skip && !b->plan->tables[k].skip &&
                strcmp(a->plan->tables[i].name, b->plan->tables[k].name) == 0)
                return a->plan->tables[i].name;
    return NULL;
}

static bool
refuse(const struct job *job, const struct job *other, const char *table,
       struct err *err)
{
    err_set(err, MSG_TABLE_OWNED,
            "%s (store %s) and %s (store %s) both write table %s.%s",
            other->file->path, other->config->name, job->file->path,
            job->config->name, job->config->schema, table);
    return false;
}

/* Does this job own the table according to the journal? */
static bool
owns(struct job *job, const char *table)
{
    struct journal_relation *owner;
    struct err err;

    return job->context->journal != NULL &&
           journal_relation(job->context->journal, job->config->schema, table,
                            &job->arena, &owner, &err) &&
           owner != NULL && strcmp(owner->store, job->config->name) == 0 &&
           strcmp(owner->job, job->file->job) == 0;
}

/* Does `job` have to fail because `other` plans the same table? The owner of
 * the table runs; without an owner, the job that comes first. */
static bool
loses(struct job *job, struct job *other, bool comes_first, const char *table)
{
    if (owns(other, table))
        return true;
    return !comes_first && !owns(job, table);
}

bool
jobs_check_tables(const struct jobs *jobs, size_t i, struct err *err)
{
    struct job *job = &jobs->items[i];

    for (size_t k = 0; k < jobs->count; k++) {
        struct job *other = &jobs->items[k];
        const char *table = k != i ? shared_table(other, job) : NULL;

        if (table != NULL && loses(job, other, i < k, table))
            return refuse(job, other, table, err);
    }
    return true;
}

/* ---- preparing ------------------------------------------------------- */

static void
fail(struct job *job, const struct err *err)
{
    job_fail(job, "the job did not run", err);
    pending_note_failure(job);
}

void
jobs_prepare(struct job *job)
{
    struct store_state *store = job->store;
    struct err err;
    bool prepared;

    if (!store_begin_preparation(job->context, store, &err)) {
        fail(job, &err);
        return;
    }
    store->counts_preparations = true;
    progress_phase(&job->progress, PROGRESS_PREPARING);
    job->asks_access = true;
    prepared = job_prepare(job, NULL, &err);
    store->counts_preparations = false;
    store_end_preparation(job->context, store);
    if (!prepared)
        fail(job, &err);
    else
        progress_phase(&job->progress, PROGRESS_QUEUED);
}

/* ---- running concurrently -------------------------------------------- */

/* The jobs of a command whose tables share a schema. */
struct schema_jobs {
    struct jobs *jobs;
    const char *schema;
    void (*prepare)(struct job *job);
    void (*run)(void *job);
};

/* The next job of the schema from `i` on that has neither failed nor ended
 * because it is not due; jobs->count if there is none. */
static size_t
next_job(const struct schema_jobs *some, size_t i)
{
    const struct jobs *jobs = some->jobs;

    while (i < jobs->count &&
           (jobs->items[i].status != 0 ||
            jobs->items[i].progress.phase == PROGRESS_ENDED ||
            strcmp(jobs->items[i].config->schema, some->schema) != 0))
        i++;
    return i;
}

static void
prepare_and_run(void *ctx)
{
    struct schema_jobs *some = ctx;
    struct jobs *jobs = some->jobs;
    struct task_group group = {0};
    struct err err;

    for (size_t i = next_job(some, 0); i < jobs->count;
         i = next_job(some, i + 1))
        some->prepare(&jobs->items[i]);
    for (size_t i = next_job(some, 0); i < jobs->count;
         i = next_job(some, i + 1))
        if (!jobs_check_tables(jobs, i, &err))
            fail(&jobs->items[i], &err);
    for (size_t i = next_job(some, 0); i < jobs->count;
         i = next_job(some, i + 1))
        task_group_spawn(&group, "run", some->run, &jobs->items[i]);
    task_group_wait(&group);
    free(some);
}

static bool
is_first_of_schema(const struct jobs *jobs, size_t i)
{
    const char *schema = jobs->items[i].config->schema;

    for (size_t k = 0; k < i; k++)
        if (strcmp(jobs->items[k].config->schema, schema) == 0)
            return false;
    return true;
}

void
jobs_run(struct jobs *jobs, void (*prepare)(struct job *job),
         void (*run)(void *job))
{
    struct task_group group = {0};

    for (size_t i = 0; i < jobs->count; i++) {
        struct schema_jobs *some;

        if (!is_first_of_schema(jobs, i))
            continue;
        some = mem_alloc(sizeof(*some));
        *some = (struct schema_jobs){jobs, jobs->items[i].config->schema,
                                     prepare, run};
        task_group_spawn(&group, "schema", prepare_and_run, some);
    }
    task_group_wait(&group);
}

bool
jobs_is_last(const struct jobs *jobs, const struct job *job)
{
    for (size_t i = 0; i < jobs->count; i++)
        if (&jobs->items[i] != job &&
            jobs->items[i].progress.phase != PROGRESS_ENDED)
            return false;
    return true;
}

int
jobs_status(const struct jobs *jobs)
{
    int status = jobs->status;

    for (size_t i = 0; i < jobs->count; i++)
        status = err_worse_status(status, jobs->items[i].status);
    return status;
}
