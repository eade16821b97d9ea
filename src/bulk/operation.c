#include "bulk/operation.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/retry.h"
#include "bulk/stillness.h"
#include "journal/operation.h"
#include "journal/run.h"

enum {
    SUBMISSIONS_MAX = 4, /* once, and again three times */
    POLLS_WITHOUT_URL_MAX = 5,
    LOST_SEARCH_MS = 30000, /* from the sending, until it counts as not taken */
    LOST_PAUSE_MS = 2000
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

/* Log lines name the operation from now on, those of the job the one that was
 * named last. */
static void
name_operation(struct operation *operation)
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
    name_operation(operation);
}

/* What the store said, into the journal; `bulk` must outlive the row's use. */
static bool
keep_said(struct journal *journal, struct journal_operation *row,
          const struct bulk_operation *bulk, struct err *err)
{
    row->operation_id = bulk->id;
    row->status = bulk_status_name(bulk->status);
    row->created_at = bulk->created_at[0] != '\0' ? bulk->created_at : NULL;
    row->completed_at =
        bulk->completed_at[0] != '\0' ? bulk->completed_at : NULL;
    row->error_code = bulk->error_code[0] != '\0' ? bulk->error_code : NULL;
    row->object_count = bulk->object_count;
    row->root_object_count = bulk->root_object_count;
    row->file_size = bulk->file_size;
    return journal_operation_update(journal, row, err);
}

static bool
keep(struct operation *operation, struct err *err)
{
    return keep_said(operation->run.place.journal, &operation->row,
                     &operation->bulk, err);
}

bool
operation_is_running(const struct journal_operation *row)
{
    return row->operation_id != NULL &&
           (row->status == NULL || strcmp(row->status, "CREATED") == 0 ||
            strcmp(row->status, "RUNNING") == 0 ||
            strcmp(row->status, "CANCELING") == 0);
}

bool
operation_cancel(const struct bulk_place *place, struct journal_operation *row,
                 int64_t deadline_ms, const struct log_ctx *log,
                 struct err *err)
{
    struct bulk_operation bulk;
    struct journal_operation said = *row;
    char owner[PLACE_OWNER_BYTES];

    if (!place_can_ask(place, err) ||
        !bulk_check_marker(place_session(place), row->operation_id,
                           place_owner(place, owner), deadline_ms, log, err) ||
        !bulk_cancel(place_session(place), row->operation_id, deadline_ms, log,
                     &bulk, err) ||
        !keep_said(place->journal, &said, &bulk, err))
        return false;
    row->status = bulk_status_name(bulk.status);
    return true;
}

/* The store does not have it: not asked for again. */
static bool
keep_missing(struct journal *journal, const struct journal_operation *row,
             struct err *err)
{
    struct journal_operation said = *row;

    said.status = NULL;
    said.error_code = message_at(MSG_NOT_THERE)->code;
    return journal_operation_update(journal, &said, err);
}

/* Its first line is its marker. */
static bool
find_left(const struct bulk_place *place, struct journal_operation *row,
          struct arena *arena, const struct log_ctx *log, struct err *err)
{
    const char *end = strchr(row->query, '\n');
    struct bulk_operation bulk;
    struct journal_operation said = *row;
    bool found;

    if (!place_can_ask(place, err) ||
        !bulk_find(place_session(place),
                   arena_dup(arena, span_of(row->query,
                                            (size_t)(end - row->query) + 1)),
                   log, &bulk, &found, err))
        return false;
    if (!found)
        return keep_missing(place->journal, row, err);
    if (!keep_said(place->journal, &said, &bulk, err))
        return false;
    row->operation_id = arena_strdup(arena, bulk.id);
    row->status = said.status;
    return true;
}

bool
operation_cancel_left(const struct bulk_place *place,
                      struct journal_operation *row, struct arena *arena,
                      const struct log_ctx *log, struct err *err)
{
    if (row->operation_id == NULL && !find_left(place, row, arena, log, err))
        return false;
    if (!operation_is_running(row) || operation_cancel(place, row, 0, log, err))
        return true;
    return err_is(err, MSG_UNKNOWN_OPERATION) &&
           keep_missing(place->journal, row, err);
}

bool
operation_wait_for_end(const struct bulk_place *place,
                       struct journal_operation *row, const struct log_ctx *log,
                       struct err *err)
{
    const struct tuning_config *tuning = place->tuning;
    struct backoff backoff = backoff_of(
        tuning->poll_initial_ms, tuning->poll_max_ms, tuning->retry_budget_ms);

    while (operation_is_running(row)) {
        struct journal_operation said = *row;
        struct bulk_operation bulk;
        int64_t delay_ms = backoff_failed(&backoff, 0);

        if (delay_ms < 0) {
            err_set(err, MSG_STILL_RUNNING, "%s is still %s", row->operation_id,
                    row->status);
            return false;
        }
        if (task_sleep_until(clock_after_ms(delay_ms)) == TASK_STOPPED)
            return task_stopped(err);
        if (!bulk_read(place_session(place), row->operation_id, 0, log, &bulk,
                       err) ||
            !keep_said(place->journal, &said, &bulk, err))
            return false;
        row->status = bulk_status_name(bulk.status);
    }
    return true;
}

/* ---- submitting -------------------------------------------------------- */

/* The first line of the document, which makes an operation ours, whatever
 * else uses the same app; of this attempt and no other. */
static const char *
write_marker(struct operation *operation)
{
    char owner[PLACE_OWNER_BYTES];

    return arena_printf(operation->run.arena, "%s%" PRId64 "/%d.%d\n",
                        place_owner(&operation->run.place, owner),
                        operation->run.ref.run_id, (int)operation->row.n,
                        (int)operation->row.attempt);
}

/* Into the journal before it is sent. */
static bool
begin_attempt(struct operation *operation, struct err *err)
{
    operation->row.attempt++;
    operation->row.operation_id = NULL;
    operation->row.error_code = NULL;
    operation->row.query =
        arena_printf(operation->run.arena, "%s%s", write_marker(operation),
                     operation->document);
    return journal_operation_add(operation->run.place.journal,
                                 &operation->run.ref, &operation->row, err);
}

static bool
is_full(const struct err *err)
{
    return err_is(err, MSG_OPERATION_IN_PROGRESS) ||
           err_is(err, MSG_LIMIT_REACHED);
}

/* The store did nothing, or never heard of it. */
static bool
is_refused(const struct err *err)
{
    return is_full(err) || err->kind == ERR_LATER ||
           err_is(err, MSG_NOT_SENT) || err_is(err, MSG_TLS) ||
           err_is(err, MSG_TLS_PROTOCOL) || err_is(err, MSG_PROXY_REFUSED) ||
           err_is(err, MSG_NOT_HTTPS);
}

/* A store that does not answer is not one that has no slot. */
struct submission {
    struct backoff failures;
    struct backoff slots;
};

static bool
wait_as_told(struct operation *operation, struct submission *patience,
             int64_t wait_ms, struct err *err)
{
    struct err other;
    bool waited;

    if (!is_full(err))
        return session_wait(place_session(&operation->run.place),
                            &patience->failures, wait_ms, &operation->log,
                            "the submission is tried again", err);
    backoff_succeeded(&patience->failures);
    if (!journal_run_status(operation->run.place.journal, &operation->run.ref,
                            RUN_WAITING, &other)) {
        *err = other;
        return false;
    }
    operation->waits_for_slot = true;
    waited = (operation->told_of_slot ? retry_wait_on : retry_wait)(
        &patience->slots, wait_ms, &operation->log,
        "waiting for a slot at the store", err);
    operation->told_of_slot = true;
    operation->waits_for_slot = false;
    return waited;
}

/* Nobody need look for what the store surely did not take: known in the
 * journal while it waits, also while stopping. */
static bool
keep_refused(struct operation *operation, struct err *err)
{
    bool kept;

    task_shield();
    kept = journal_operation_sent(operation->run.place.journal, &operation->row,
                                  false, err);
    task_unshield();
    return kept;
}

/* For a slot, or as the store asks; false when the budget is spent. */
static bool
wait_to_submit(struct operation *operation, struct submission *patience,
               int64_t wait_ms, struct err *err)
{
    struct err other;

    if (!keep_refused(operation, &other)) {
        *err = other;
        return false;
    }
    return wait_as_told(operation, patience, wait_ms, err) &&
           journal_operation_sent(operation->run.place.journal, &operation->row,
                                  true, err);
}

/* The store may have taken what it did not answer to: it then lists it within
 * a while. */
static bool
find_lost(struct operation *operation, int64_t age_ms, bool *found,
          struct err *err)
{
    int64_t deadline = clock_after_ms(LOST_SEARCH_MS - age_ms);

    for (;;) {
        if (!bulk_find(place_session(&operation->run.place),
                       write_marker(operation), &operation->log,
                       &operation->bulk, found, err))
            return false;
        if (*found)
            log_info(&operation->log, "the operation was found by its marker",
                     LOG_STR("found", operation->bulk.id), LOG_END);
        if (*found || clock_now_ms() >= deadline)
            return true;
        if (task_sleep_until(clock_after_ms(LOST_PAUSE_MS)) == TASK_STOPPED)
            return task_stopped(err);
    }
}

enum submit_end { SUBMIT_TAKEN, SUBMIT_AGAIN, SUBMIT_FAILED };

/* An earlier process never saw the answer: adopt the operation, or go on in a
 * new attempt. */
static enum submit_end
settle_lost(struct operation *operation, struct err *err)
{
    bool found;

    if (!find_lost(operation, operation->row.age_ms, &found, err))
        return SUBMIT_FAILED;
    if (found)
        return SUBMIT_TAKEN;
    return keep_missing(operation->run.place.journal, &operation->row, err) &&
                   begin_attempt(operation, err)
               ? SUBMIT_AGAIN
               : SUBMIT_FAILED;
}

/* We did not see it; while the budget lasts. */
static enum submit_end
settle_unanswered(struct operation *operation, struct submission *patience,
                  struct err *err)
{
    struct session *session = place_session(&operation->run.place);
    struct err why = *err;
    bool found;

    log_failure(session_failure_level(session), &operation->log,
                "looking for an operation whose answer was lost", &why);
    if (!find_lost(operation, 0, &found, err))
        return SUBMIT_FAILED;
    if (found)
        return SUBMIT_TAKEN;
    if (!keep_missing(operation->run.place.journal, &operation->row, err))
        return SUBMIT_FAILED;
    backoff_begin(&patience->failures); /* the search took its own time */
    if (!session_wait(session, &patience->failures, 0, &operation->log,
                      "the store has not taken it", &why)) {
        *err = why;
        return SUBMIT_FAILED;
    }
    return begin_attempt(operation, err) ? SUBMIT_AGAIN : SUBMIT_FAILED;
}

static bool
is_given_up(const struct operation *operation)
{
    return operation->given_up != NULL && *operation->given_up;
}

static bool
given_up(struct err *err)
{
    return err_set(err, MSG_OTHER_WINDOW, "another window of the run failed");
}

static enum submit_end
submit_once(struct operation *operation, struct submission *patience,
            struct err *err)
{
    int64_t wait_ms;

    if (is_given_up(operation)) {
        given_up(err);
        return SUBMIT_FAILED;
    }
    backoff_begin(&patience->failures);
    if (bulk_submit(place_session(&operation->run.place), operation->row.query,
                    &operation->log, &operation->bulk, &wait_ms, err))
        return SUBMIT_TAKEN;
    if (err->kind == ERR_TRANSIENT && err_is(err, MSG_ANSWER_LOST))
        return settle_unanswered(operation, patience, err);
    operation->is_refused = is_refused(err);
    if (err->kind != ERR_TRANSIENT ||
        (!is_full(err) && !err_is(err, MSG_NOT_SENT)))
        return SUBMIT_FAILED;
    return wait_to_submit(operation, patience, wait_ms, err) ? SUBMIT_AGAIN
                                                             : SUBMIT_FAILED;
}

static bool
submit(struct operation *operation, struct err *err)
{
    const struct tuning_config *tuning = operation->run.place.tuning;
    struct submission patience = {
        .failures =
            session_backoff(place_session(&operation->run.place), "submit"),
        .slots = backoff_of(tuning->retry_initial_ms, tuning->retry_max_ms,
                            tuning->retry_budget_ms)};
    enum submit_end end = SUBMIT_AGAIN;

    if (operation->is_lost)
        end = settle_lost(operation, err);
    else if (!begin_attempt(operation, err))
        return false;
    while (end == SUBMIT_AGAIN)
        end = submit_once(operation, &patience, err);
    if (end == SUBMIT_FAILED) {
        struct err ignored;

        if (operation->is_refused && !keep_refused(operation, &ignored))
            log_failure(LOG_WARN, &operation->log,
                        "the journal could not be told", &ignored);
        return false;
    }
    operation->is_lost = false;
    operation->submissions++;
    operation->is_submitted = true;
    operation->submitted_ms = clock_now_ms();
    name_operation(operation);
    log_info(&operation->log, "operation submitted", LOG_END);
    return keep(operation, err) &&
           journal_run_status(operation->run.place.journal, &operation->run.ref,
                              RUN_POLLING, err);
}

/* ---- polling ----------------------------------------------------------- */

/* clock_now_ms() at which it is old enough to be given up; 0: never. */
static int64_t
deadline_of(const struct operation *operation)
{
    int64_t age_ms = operation->run.place.tuning->deadline_ms;

    return age_ms > 0 ? operation->submitted_ms + age_ms : 0;
}

/* A store that does not say that it cancels may still be at work: then the
 * next run resumes it, or cancels it. */
static bool
end_at_deadline(struct operation *operation, struct err *err)
{
    const struct tuning_config *tuning = operation->run.place.tuning;
    int64_t age_ms = clock_now_ms() - operation->submitted_ms;
    struct err why = {.kind = ERR_NONE};
    char age[32];

    if (!operation_cancel(&operation->run.place, &operation->row,
                          clock_after_ms(tuning->request_timeout_ms),
                          &operation->log, &why))
        log_failure(session_failure_level(place_session(&operation->run.place)),
                    &operation->log, "it could not be canceled", &why);
    err_set(err, MSG_DEADLINE, "%s was %s for %s, longer than deadline allows",
            operation->bulk.id, bulk_status_name(operation->bulk.status),
            duration_format(age_ms / 1000 * 1000, age));
    if (why.kind != ERR_LATER && why.kind != ERR_TRANSIENT)
        return false;
    err_add(err, "the store could not be asked to cancel it: %s", why.message);
    err_hint(err, "run it again: the next run asks the store again");
    return err_as(err, ERR_LATER);
}

static bool
check_deadline(struct operation *operation, struct err *err)
{
    int64_t deadline_ms = deadline_of(operation);

    return deadline_ms == 0 || clock_now_ms() < deadline_ms ||
           end_at_deadline(operation, err);
}

/* A poll under way ends at the deadline, too. */
static bool
poll_once(struct operation *operation, struct err *err)
{
    struct bulk_operation *bulk = &operation->bulk;

    if (bulk_read(place_session(&operation->run.place), bulk->id,
                  deadline_of(operation), &operation->log, bulk, err))
        return keep(operation, err);
    if (err->kind == ERR_LATER || err->kind == ERR_TRANSIENT)
        (void)check_deadline(operation, err);
    return false;
}

/* Until the next poll, or the deadline if that comes first. */
static bool
rest(const struct operation *operation, struct backoff *backoff,
     struct err *err)
{
    int64_t until_ms = clock_after_ms(backoff_next_delay(backoff));
    int64_t deadline_ms = deadline_of(operation);

    if (deadline_ms != 0 && deadline_ms < until_ms)
        until_ms = deadline_ms;
    return task_sleep_until(until_ms) != TASK_STOPPED || task_stopped(err);
}

/* Counters may stand still and then jump, so it is only said. */
static void
warn_of_stillness(const struct operation *operation,
                  struct stillness *stillness)
{
    const struct bulk_operation *bulk = &operation->bulk;
    int64_t now_ms = clock_now_ms();

    if (!stillness_is_news(stillness, bulk, now_ms))
        return;
    log_warn(&operation->log, MSG_STANDS_STILL, "the operation stands still",
             LOG_STR("status", bulk_status_name(bulk->status)),
             LOG_NUM("objects", bulk->object_count),
             LOG_NUM("age_seconds", (now_ms - operation->submitted_ms) / 1000),
             LOG_NUM("still_seconds", (now_ms - stillness->since_ms) / 1000),
             LOG_STR("hint", "it is waited for; deadline in [tuning] ends "
                             "that, bulkpg cancel does so now"),
             LOG_END);
}

/* Until the store is done with it, whatever the end. */
static bool
poll_to_end(struct operation *operation, struct err *err)
{
    const struct tuning_config *tuning = operation->run.place.tuning;
    struct backoff backoff =
        backoff_of(tuning->poll_initial_ms, tuning->poll_max_ms, CLOCK_NEVER);
    struct stillness stillness = {0};
    int without_url = 0;

    for (;;) {
        struct bulk_operation *bulk = &operation->bulk;

        if (!poll_once(operation, err))
            return false;
        log_debug(&operation->log, "polled",
                  LOG_STR("status", bulk_status_name(bulk->status)),
                  LOG_NUM("objects", bulk->object_count), LOG_END);
        if (bulk_is_terminal(bulk->status) &&
            (bulk->status != BULK_COMPLETED || bulk->url[0] != '\0' ||
             bulk->object_count == 0 || ++without_url >= POLLS_WITHOUT_URL_MAX))
            return true;
        if (!check_deadline(operation, err))
            return false;
        if (is_given_up(operation))
            return given_up(err);
        warn_of_stillness(operation, &stillness);
        if (!rest(operation, &backoff, err))
            return false;
    }
}

/* ---- ends -------------------------------------------------------------- */

static bool
end_completed(const struct operation *operation, struct err *err)
{
    const struct bulk_operation *bulk = &operation->bulk;

    if (bulk->url[0] != '\0' || bulk->object_count == 0) {
        log_info(&operation->log, "result ready",
                 LOG_NUM("objects", bulk->object_count),
                 LOG_NUM("roots", bulk->root_object_count),
                 LOG_NUM("bytes", bulk->file_size),
                 LOG_NUM("seconds",
                         (clock_now_ms() - operation->submitted_ms) / 1000),
                 LOG_END);
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
            "%s was refused by the store: the app lacks a scope that a field "
            "of %s needs",
            operation->bulk.id, operation->run.query_file);
    return err_hint(err, "grant the app the scopes of the fields it reads "
                         "(bulkpg check names them), then run the job again");
}

/* Other ends: true to submit once more. */
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
        return err_hint(err, "submitted %d times; nothing was changed",
                        operation->submissions);
    log_failure(LOG_WARN, &operation->log, "submitting it again", err);
    return true;
}

/* One that was resumed, and that the store no longer knows. */
static bool
is_forgotten(const struct operation *operation, const struct err *err)
{
    if (!err_is(err, MSG_UNKNOWN_OPERATION) ||
        operation->submissions >= SUBMISSIONS_MAX)
        return false;
    log_failure(LOG_WARN, &operation->log, "submitting it anew", err);
    return true;
}

static bool
await_slot(struct operation *operation, struct err *err)
{
    struct store_state *store = operation->run.place.store;

    while (!operation->is_submitted && store->slots_taken >= BULK_SLOTS) {
        if (task_wait(&store->slot_freed, CLOCK_NEVER) == TASK_STOPPED)
            return task_stopped(err);
        if (is_given_up(operation))
            return given_up(err);
    }
    return true;
}

/* More than a store has slots for would only ask it again and again. What is
 * there already has one. */
static bool
take_slot(struct operation *operation, struct err *err)
{
    struct store_state *store = operation->run.place.store;
    bool has_slot;

    if (!operation->is_submitted && store->slots_taken >= BULK_SLOTS) {
        log_info(&operation->log, "waiting for an operation of ours to end",
                 LOG_END);
        if (!journal_run_status(operation->run.place.journal,
                                &operation->run.ref, RUN_WAITING, err))
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

static bool
submit_and_poll(struct operation *operation, struct err *err)
{
    for (;;) {
        if (!operation->is_submitted && !submit(operation, err))
            return false;
        if (!poll_to_end(operation, err)) {
            if (!is_forgotten(operation, err))
                return false;
            operation->is_submitted = false;
            continue;
        }
        if (operation->bulk.status == BULK_COMPLETED)
            return end_completed(operation, err);
        if (!may_submit_again(operation, err))
            return false;
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
