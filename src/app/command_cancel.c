#include <stdio.h>
#include <string.h>

#include "app/commands.h"
#include "app/context.h"
#include "app/journal_operation.h"
#include "app/journal_run.h"
#include "shopify/bulk.h"

static struct store_state *
find_store(struct context *context, const char *name)
{
    for (size_t i = 0; i < context->config.store_count; i++)
        if (strcmp(context->config.stores[i].name, name) == 0)
            return &context->stores[i];
    return NULL;
}

static bool
wants_job(const struct context *context, const char *job)
{
    const char *const *names = context->options->arguments;

    if (*names == NULL)
        return true;
    for (; *names != NULL; names++)
        if (strcmp(*names, job) == 0)
            return true;
    return false;
}

/* An operation that our journal knows, so one of ours. */
static bool
cancel_one(struct context *context, struct store_state *store,
           struct journal_operation *operation, struct err *err)
{
    struct log_ctx log = {.run_id = operation->run_id,
                          .store = operation->store,
                          .job = operation->job,
                          .operation_id = operation->operation_id};
    struct bulk_operation bulk;
    bool canceled;

    if (!bulk_cancel(context_session(context, store), operation->operation_id,
                     &log, &bulk, err))
        return false;
    operation->status = bulk_status_name(bulk.status);
    if (!journal_operation_update(context->journal, operation, err) ||
        !journal_run_cancel(context->journal, operation->run_id, &canceled,
                            err))
        return false;
    printf("%s %s %s %s\n", operation->store, operation->job,
           operation->operation_id, operation->status);
    return true;
}

static int
cancel_known(struct context *context,
             const struct journal_operations *operations)
{
    int status = 0;

    for (size_t i = 0; i < operations->count; i++) {
        struct journal_operation *operation = &operations->operations[i];
        struct store_state *store = find_store(context, operation->store);
        struct err err;

        if (store == NULL || operation->operation_id == NULL ||
            !context_wants_store(context, store->config) ||
            !wants_job(context, operation->job))
            continue;
        if (!cancel_one(context, store, operation, &err))
            status = err_worse_status(status, context_fail(&err));
    }
    return status;
}

static int
cancel(struct context *context)
{
    struct arena arena = {0};
    struct journal_operations operations;
    struct err err;
    int status;

    if (context_configure(context, &err) &&
        context_open_database(context, false, &err) &&
        journal_running_operations(context->journal, NULL, NULL, &arena,
                                   &operations, &err))
        status = cancel_known(context, &operations);
    else
        status = context_fail_without_journal(&err);
    arena_free(&arena);
    return status;
}

int
command_cancel(const struct options *options)
{
    return context_run(options, cancel);
}
