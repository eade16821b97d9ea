/*
 * cancel: ends the operations and walks of runs, and open pushes.
 *
 * Hazards. A run is canceled in the journal first: a process that polls its
 * operation would otherwise submit it again when it ends. Then the store is
 * asked, and the end is awaited.
 */
#include "bulk/cancel.h"

#include <stdio.h>
#include <string.h>

#include "base/out.h"
#include "cli/process.h"
#include "command/commands.h"
#include "config/query_files.h"
#include "job/context.h"
#include "job/control.h"
#include "journal/operation.h"
#include "journal/runs.h"
#include "push/cancel.h"

/* Jobs are given as for `run`: as names or paths. */
static const char *const *
job_names(const struct context *context, struct arena *arena)
{
    size_t count = (size_t)context->options->argument_count;
    const char **names = arena_array(arena, count + 1, sizeof(*names));

    for (size_t i = 0; i < count; i++)
        names[i] = query_files_job_name(arena, context->options->arguments[i]);
    return names;
}

static bool
wants_job(const char *const *names, const char *job)
{
    if (*names == NULL)
        return true;
    for (; *names != NULL; names++)
        if (strcmp(*names, job) == 0)
            return true;
    return false;
}

/* The process that reads the pages ends before it commits the next one. */
static bool
cancel_pages(struct context *context, struct journal_operation *operation,
             struct err *err)
{
    bool canceled;

    if (!journal_run_cancel(context->journal, operation->run_id, &canceled,
                            err))
        return false;
    if (!canceled)
        return true;
    operation->status = "CANCELED";
    if (!journal_operation_update(context->journal, operation, err))
        return false;
    out_line(stdout, "%s %s pages %s", operation->store, operation->job,
             operation->status);
    return true;
}

/* Cancel an operation of this journal and wait for its end. The run is canceled
 * first: a process that polls the operation would otherwise submit it again
 * when it ends. */
static bool
cancel_one(struct context *context, struct store_state *store,
           struct journal_operation *operation, struct err *err)
{
    struct log_ctx log = {.run_id = operation->run_id,
                          .store = operation->store,
                          .job = operation->job,
                          .operation_id = operation->operation_id};
    struct bulk_place place = {.store = store,
                               .journal = context->journal,
                               .tuning = &context->config.tuning};
    bool canceled;

    if (!journal_run_cancel(context->journal, operation->run_id, &canceled,
                            err) ||
        !cancel_ask(&place, operation, 0, &log, err) ||
        !cancel_await_end(&place, operation, &log, err))
        return false;
    out_line(stdout, "%s %s %s %s", operation->store, operation->job,
             operation->operation_id, operation->status);
    return true;
}

/* ---- pushes ------------------------------------------------------------- */

/* A push that is open only because of rows in doubt has nothing to cancel. */
static bool
cancel_push(struct context *context, const struct journal_push *push,
            struct arena *arena, struct err *err)
{
    struct store_state *store = context_store(context, push->store);
    int operations;

    if (!push_cancel(context, store, push, arena, &operations, err))
        return false;
    out_line(stdout, "%s %s push %lld CANCELED, %d %s at the store",
             push->store, push->job, (long long)push->ref.push_id, operations,
             operations == 1 ? "operation" : "operations");
    return true;
}

static int
cancel_pushes(struct context *context, const char *const *names,
              struct arena *arena, size_t *count)
{
    struct push_query query = {.open_only = true};
    struct journal_pushes pushes;
    struct err err;
    int status = 0;

    if (!journal_list_pushes(context->journal, &query, arena, &pushes, &err))
        return process_fail(&err);
    for (size_t i = 0; i < pushes.count; i++) {
        const struct journal_push *push = &pushes.pushes[i];
        struct store_state *store = context_store(context, push->store);

        if (store == NULL || !context_wants_store(context, store->config) ||
            !wants_job(names, push->job))
            continue;
        ++*count;
        if (!cancel_push(context, push, arena, &err))
            status = err_worse_status(status, process_fail(&err));
    }
    return status;
}

static int
cancel_known(struct context *context, const char *const *names,
             const struct journal_operations *operations, struct arena *arena)
{
    size_t count = 0;
    int status = cancel_pushes(context, names, arena, &count);

    for (size_t i = 0; i < operations->count; i++) {
        struct journal_operation *operation = &operations->operations[i];
        struct store_state *store = context_store(context, operation->store);
        bool by_pages = journal_operation_is_paged(operation);
        struct err err;

        if (store == NULL || (operation->operation_id == NULL && !by_pages) ||
            !context_wants_store(context, store->config) ||
            !wants_job(names, operation->job))
            continue;
        count++;
        if (by_pages ? !cancel_pages(context, operation, &err)
                     : !cancel_one(context, store, operation, &err))
            status = err_worse_status(status, process_fail(&err));
    }
    if (count == 0)
        log_info(NULL, "no operation of this journal is running", LOG_END);
    return status;
}

/* A job that never ran is probably misspelled. */
static bool
check_jobs(struct context *context, const char *const *names,
           struct arena *arena, struct err *err)
{
    struct run_query query = {.limit = 1};
    struct push_query push = {.limit = 1};
    struct journal_runs runs;
    struct journal_pushes pushes;

    for (; *names != NULL; names++) {
        query.job = push.job = *names;
        if (!journal_list_runs(context->journal, &query, arena, &runs, err) ||
            !journal_list_pushes(context->journal, &push, arena, &pushes, err))
            return false;
        if (runs.count == 0 && pushes.count == 0)
            return err_set(err, MSG_UNKNOWN_JOB, "job \"%s\" has never run",
                           *names);
    }
    return true;
}

static int
cancel(struct context *context)
{
    struct arena arena = {0};
    const char *const *names = job_names(context, &arena);
    struct journal_operations operations;
    struct err err;
    int status;

    if (context_configure(context, &err) &&
        control_open(context, false, &err) &&
        check_jobs(context, names, &arena, &err) &&
        journal_running_operations(context->journal, NULL, NULL, &arena,
                                   &operations, &err))
        status = cancel_known(context, names, &operations, &arena);
    else
        status = process_fail_without_journal(&err);
    arena_free(&arena);
    return status;
}

int
command_cancel(const struct options *options)
{
    return process_run(options, cancel);
}
