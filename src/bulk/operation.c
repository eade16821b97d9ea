/*
 * The life of one operation.
 *
 *      new         resumed, lost        resumed, has an id
 *       │               │                      │
 *       ▼               ▼                      ▼
 *          wait for a slot               has its slot
 *       │               │                      │
 *       ▼               ▼                      │
 *     submit.c ─────────┴────► poll.c ◄────────┘
 *       ▲                        │
 *       │                        ├─ COMPLETED: a URL, or no objects ─► done
 *       │                        ├─ COMPLETED without a URL ─────────► failed
 *       │                        ├─ FAILED, ACCESS_DENIED ───────────► denied
 *       │                        ├─ FAILED, TIMEOUT ─► failed; fetch.c halves
 *       │                        │                     the window, if any
 *       │                        │
 *       ├────────────────────────┼─ FAILED otherwise, CANCELED, EXPIRED
 *       └────────────────────────┴─ the store no longer knows it
 *         at most SUBMISSIONS_MAX submissions, then failed
 *
 * The store works on BULK_SLOTS operations of the app at a time. If this
 * process has that many, further operations wait here until one of them ends,
 * and do not ask the store again and again. A resumed operation has its slot
 * already. If other processes hold the slots, the store refuses a submission,
 * and submit.c waits.
 *
 * Hazards. The journal's row points into `bulk`, so an operation must not move.
 * The result of an operation that did not complete is only read with
 * --accept-partial (takes_partial), and after the last submission. After a
 * failure the operation is not canceled: the next run resumes or cancels it.
 */
#include "bulk/operation.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/retry.h"
#include "base/task.h"
#include "bulk/poll.h"
#include "bulk/submit.h"

enum {
    SUBMISSIONS_MAX = 4, /* the first, and three more */
    PARTIAL_POLLS_MAX = 10
};

void
operation_init(struct operation *operation, const struct bulk_run *run, int n,
               const char *document, const struct plan_window *window)
{
    *operation = (struct operation){.run = *run,
                                    .log = *run->log,
                                    .document = document,
                                    .row = {.run_id = run->ref.run_id,
                                            .n = n,
                                            .object_count = -1,
                                            .root_object_count = -1,
                                            .file_size = -1,
                                            .lines = -1,
                                            .bytes = -1}};
    operation->log.operation_id = NULL;
    if (window == NULL)
        return;
    operation->row.window_from = window->from;
    operation->row.window_to = window->to;
}

void
operation_name(struct operation *operation)
{
    operation->log.operation_id = operation->bulk.id;
    operation->run.log->operation_id = operation->bulk.id;
}

void
operation_resume(struct operation *operation,
                 const struct journal_operation *row)
{
    operation->row = *row;
    operation->is_lost = row->is_lost;
    operation->is_submitted = row->operation_id != NULL;
    if (!operation->is_submitted)
        return;
    snprintf(operation->bulk.id, sizeof(operation->bulk.id), "%s",
             row->operation_id);
    operation->submissions = 1;
    operation->submitted_ms = clock_now_ms() - row->age_ms;
    operation_name(operation);
}

bool
operation_goes_on(const struct operation *operation, struct err *err)
{
    return operation->given_up == NULL || !*operation->given_up ||
           err_set(err, MSG_OTHER_WINDOW, "another window of the run failed");
}

static bool
end_completed(const struct operation *operation, struct err *err)
{
    const struct bulk_operation *bulk = &operation->bulk;

    if (bulk->url[0] != '\0' || bulk->object_count == 0) {
        log_info(&operation->log, "result ready",
                 LOG_NUM("objects", bulk->object_count),
                 LOG_NUM("roots", bulk->root_object_count),
                 LOG_NUM("bytes", bulk->url[0] != '\0' ? bulk->file_size : 0),
                 LOG_NUM("seconds",
                         (clock_now_ms() - operation->submitted_ms) / 1000),
                 LOG_END);
        EVENT("result", &operation->log, LOG_NUM("objects", bulk->object_count),
              LOG_NUM("roots", bulk->root_object_count),
              LOG_NUM("bytes", bulk->file_size), LOG_END);
        return true;
    }
    if (bulk->object_count < 0)
        return err_set(err, MSG_NO_URL,
                       "%s is COMPLETED but has no URL, and %s", bulk->id,
                       bulk->odd_count);
    err_set(err, MSG_NO_URL,
            "%s is COMPLETED with %" PRId64 " objects but has no URL", bulk->id,
            bulk->object_count);
    return false;
}

static bool
end_denied(const struct operation *operation, struct err *err)
{
    err_set(err, MSG_ACCESS_DENIED,
            "the store refused %s: the app lacks a scope that a field of %s "
            "needs",
            operation->bulk.id, operation->run.query_file);
    return err_hint(err,
                    "grant the app the scopes that the query's fields need "
                    "(bulkpg check names them), then run the job again");
}

/* The operation ended without completing. True: submit it again. */
static bool
may_submit_again(const struct operation *operation, struct err *err)
{
    const struct bulk_operation *bulk = &operation->bulk;
    const char *status = bulk_status_name(bulk->status);
    bool timeout = strcmp(bulk->error_code, "TIMEOUT") == 0;

    if (strcmp(bulk->error_code, "ACCESS_DENIED") == 0)
        return end_denied(operation, err);
    err_set(err, MSG_FAILED, "%s is %s%s%s", bulk->id, status,
            bulk->error_code[0] != '\0' ? ": " : "", bulk->error_code);
    err_given(err, bulk->error_code[0] != '\0' ? bulk->error_code : status);
    if (timeout)
        return false;
    if (operation->submissions >= SUBMISSIONS_MAX)
        return err_hint(err,
                        "bulkpg submitted it %d times and changed no table; "
                        "run the job again later",
                        operation->submissions);
    log_failure(LOG_WARN, &operation->log, "submitting the operation again",
                err);
    return true;
}

/* The store no longer knows the operation. True: submit it again. */
static bool
is_forgotten(const struct operation *operation, const struct err *err)
{
    if (!err_is(err, MSG_UNKNOWN_OPERATION) ||
        operation->submissions >= SUBMISSIONS_MAX)
        return false;
    log_failure(LOG_WARN, &operation->log, "submitting the operation again",
                err);
    return true;
}

static bool
await_slot(struct operation *operation, struct err *err)
{
    struct store_state *store = operation->run.place.store;

    while (!operation->is_submitted && store->slots_taken >= BULK_SLOTS) {
        if (task_wait(&store->slot_freed, CLOCK_NEVER) == TASK_STOPPED)
            return task_stopped(err);
        if (!operation_goes_on(operation, err))
            return false;
    }
    return true;
}

/* The next process must not look at the store for an operation that is not sent
 * yet. */
static bool
note_waiting(struct operation *operation, struct err *err)
{
    struct journal *journal = operation->run.place.journal;

    operation->was_not_sent = operation->is_added;
    return (!operation->is_added ||
            journal_operation_sent(journal, &operation->row, false, err)) &&
           journal_run_status(journal, &operation->run.ref, RUN_WAITING, err);
}

/* Take a slot, after a wait if this process has used all of them. An operation
 * that is at the store already has a slot, and does not wait. */
static bool
take_slot(struct operation *operation, struct err *err)
{
    struct store_state *store = operation->run.place.store;
    bool has_slot;

    if (!operation->is_submitted && store->slots_taken >= BULK_SLOTS) {
        log_info(&operation->log,
                 "waiting for another operation of this process to end",
                 LOG_END);
        if (!note_waiting(operation, err))
            return false;
    }
    operation->waits_for_slot = true;
    has_slot = await_slot(operation, err);
    operation->waits_for_slot = false;
    if (!has_slot)
        return false;
    store->slots_taken++;
    return true;
}

static void
free_slot(struct operation *operation)
{
    operation->run.place.store->slots_taken--;
    task_wake_all(&operation->run.place.store->slot_freed);
}

/* The store may offer the partial result some time after the failure. *err says
 * how the operation failed, also if there is no partial result, or if the store
 * cannot be asked for it. */
static bool
await_partial(struct operation *operation, struct err *err)
{
    const struct err why = *err;
    const struct tuning_config *tuning = operation->run.place.tuning;
    struct bulk_operation *bulk = &operation->bulk;
    struct backoff pace =
        backoff_of(tuning->poll_initial_ms, tuning->poll_max_ms, CLOCK_NEVER);

    if (operation->may_be_halved && err_is(err, MSG_TIMEOUT))
        return false;
    for (int poll = 0; operation->takes_partial && poll < PARTIAL_POLLS_MAX &&
                       bulk->partial_url[0] == '\0';
         poll++)
        if (!retry_rest(&pace, err) || !poll_until_ended(operation, err)) {
            if (err->kind != ERR_STOPPED)
                *err = why;
            return false;
        }
    *err = why;
    if (!operation->takes_partial || bulk->partial_url[0] == '\0')
        return false;
    log_failure(LOG_WARN, &operation->log,
                "reading the partial result of the operation", err);
    snprintf(bulk->url, sizeof(bulk->url), "%s", bulk->partial_url);
    operation->is_partial = true;
    return true;
}

static bool
submit_and_poll(struct operation *operation, struct err *err)
{
    operation->is_partial = false;
    for (;;) {
        if (!operation->is_submitted && !submit_until_taken(operation, err))
            return false;
        if (!poll_until_ended(operation, err)) {
            if (!is_forgotten(operation, err))
                return false;
            operation->is_submitted = false;
            continue;
        }
        if (operation->bulk.status == BULK_COMPLETED)
            return end_completed(operation, err);
        if (!may_submit_again(operation, err))
            return await_partial(operation, err);
        operation->is_submitted = false;
    }
}

bool
operation_complete(struct operation *operation, struct err *err)
{
    bool completed;

    if (!take_slot(operation, err))
        return false;
    completed = submit_and_poll(operation, err);
    free_slot(operation);
    return completed;
}
