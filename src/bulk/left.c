#include "bulk/left.h"

#include "bulk/cancel.h"
#include "bulk/said.h"

struct bulk_place
left_place(const struct job *job)
{
    return (struct bulk_place){.store = job->store,
                               .journal = job->context->journal,
                               .tuning = &job->context->config.tuning};
}

/* The submission of the operation may have no answer yet. */
void
left_cancel(struct job *job, struct journal_operation *operation,
            int64_t deadline_ms)
{
    struct log_ctx log = {.run_id = operation->run_id,
                          .store = job->log.store,
                          .job = job->log.job,
                          .operation_id = operation->operation_id};
    struct bulk_place place = left_place(job);
    struct err err;

    if (!cancel_ask_left(&place, operation, deadline_ms, &job->arena, &log,
                         &err))
        log_failure(LOG_WARN, &log, "the operation could not be canceled",
                    &err);
}

void
left_cancel_run(struct job *job, int64_t run_id)
{
    struct journal_operations operations;
    struct err err;

    if (!journal_run_operations(job->context->journal, run_id, &job->arena,
                                &operations, &err)) {
        log_failure(LOG_WARN, &job->log,
                    "the run's operations could not be canceled", &err);
        return;
    }
    for (size_t i = 0; i < operations.count; i++)
        if (said_is_running(&operations.operations[i]))
            left_cancel(job, &operations.operations[i], 0);
}

bool
left_cancel_others(struct job *job, int64_t keep_run_id, struct err *err)
{
    struct journal_operations left;

    if (!journal_left_operations(job->context->journal, job->log.store,
                                 job->log.job, keep_run_id, &job->arena, &left,
                                 err))
        return false;
    for (size_t i = 0; i < left.count; i++)
        left_cancel(job, &left.operations[i], 0);
    return true;
}
