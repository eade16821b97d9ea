/*
 * How a document becomes exactly one operation at the store.
 *
 *            journal: attempt n, sent
 *                     │
 *                     ▼
 *     ┌──────────► submit ───────── taken ──────────────────► journal: its id
 *     │               │                                         ▲
 *     │               ├─ refused ─► failed; journal: not sent,  │
 *     │               │             if the store did not get it │
 *     │               ├─ no slot, or not sent ─► journal: not   │
 *     │               │     sent; wait; journal: sent ─► submit │
 *     │               └─ no answer ─► look for the marker ──────┤ found
 *     │                                   │ not found
 *     └── journal: attempt n+1, sent ◄────┘ journal: attempt n is missing
 *
 * The store has no safe way to submit a document twice, and after a lost
 * answer bulkpg does not know whether the store took the operation. Therefore
 * each attempt has its own marker, the first line of its query, and the attempt
 * is in the journal before it is sent. If an attempt gets no answer, bulkpg
 * looks for its marker for LOST_SEARCH_MS, because the store lists a new
 * operation only after a while. The process may be killed at any arrow: the
 * next process reads from the journal whether an answer was lost, and begins
 * with the search.
 *
 * Hazards. An attempt that the store surely did not take must be marked as not
 * sent, even while stopping; otherwise the next process searches for it. An
 * attempt that the store may have taken must never be marked as not sent. A
 * store without a free slot is healthy: waiting for a slot must not count as a
 * failure that gives up the store.
 */
#include "bulk/submit.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/retry.h"
#include "base/task.h"
#include "bulk/operation.h"
#include "bulk/said.h"
#include "journal/run.h"

enum {
    LOST_SEARCH_MS = 30000, /* after sending; then it counts as not taken */
    LOST_PAUSE_MS = 2000
};

/* The first line of the document. It identifies this attempt among all
 * operations of the app. These are its parts before and after the run's id. */
static const char *
write_owner(const struct operation *operation)
{
    char owner[PLACE_OWNER_BYTES];

    return arena_strdup(operation->run.arena,
                        place_owner(&operation->run.place, owner));
}

static const char *
write_attempt(const struct operation *operation, int attempt)
{
    return arena_printf(operation->run.arena, "/%d.%d\n", (int)operation->row.n,
                        attempt);
}

static const char *
write_marker(const struct operation *operation)
{
    return arena_printf(operation->run.arena, "%s%" PRId64 "%s",
                        write_owner(operation), operation->run.ref.run_id,
                        write_attempt(operation, (int)operation->row.attempt));
}

static void
write_attempt_row(struct operation *operation)
{
    operation->row.attempt++;
    operation->row.operation_id = NULL;
    operation->row.error_code = NULL;
    operation->row.query =
        arena_printf(operation->run.arena, "%s%s", write_marker(operation),
                     operation->document);
}

void
submit_describe_first(const struct operation *operation,
                      struct run_first *first)
{
    *first = (struct run_first){
        .before = write_owner(operation),
        .after = arena_printf(operation->run.arena, "%s%s",
                              write_attempt(operation, 1), operation->document),
        .window_from = operation->row.window_from,
        .window_to = operation->row.window_to};
}

void
submit_has_first(struct operation *operation)
{
    write_attempt_row(operation);
    operation->is_added = true;
}

/* Record a new attempt in the journal, before it is sent. The first one may be
 * there already. If it had to wait for a slot, it is not sent yet. */
static bool
begin_attempt(struct operation *operation, struct err *err)
{
    bool is_added = operation->is_added;

    operation->is_added = false;
    if (is_added)
        return !operation->was_not_sent ||
               journal_operation_sent(operation->run.place.journal,
                                      &operation->row, true, err);
    write_attempt_row(operation);
    return journal_operation_add(operation->run.place.journal,
                                 &operation->run.ref, &operation->row, err);
}

/* The store surely did not take the attempt. */
static bool
is_refused(const struct err *err)
{
    return bulk_is_full(err) || err->kind == ERR_LATER ||
           err_is(err, MSG_NOT_SENT) || err_is(err, MSG_TLS) ||
           err_is(err, MSG_TLS_PROTOCOL) || err_is(err, MSG_PROXY_REFUSED) ||
           err_is(err, MSG_NOT_HTTPS);
}

/* Two backoffs, because a store without a slot is different from a store that
 * does not answer. */
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

    if (!bulk_is_full(err))
        return session_wait(place_session(&operation->run.place),
                            &patience->failures, wait_ms, &operation->log,
                            "retrying the submission", err);
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

/* Mark the attempt as not sent, even while stopping, so that no process looks
 * for it. */
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

/* Wait for a slot, or as long as the store asks. False if the budget is
 * spent. */
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

/* Look for an attempt without an answer. If the store took it, the store lists
 * it after a while. */
static bool
find_lost(struct operation *operation, int64_t age_ms, bool *found,
          struct err *err)
{
    int64_t deadline = clock_after_ms(LOST_SEARCH_MS - age_ms);

    for (;;) {
        if (!bulk_find(place_session(&operation->run.place), BULK_QUERY,
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

/* An earlier process saw no answer: adopt its operation, or begin a new
 * attempt. */
static enum submit_end
settle_lost(struct operation *operation, struct err *err)
{
    bool found;

    if (!find_lost(operation, operation->row.age_ms, &found, err))
        return SUBMIT_FAILED;
    if (found)
        return SUBMIT_TAKEN;
    return said_keep_missing(operation->run.place.journal, &operation->row,
                             err) &&
                   begin_attempt(operation, err)
               ? SUBMIT_AGAIN
               : SUBMIT_FAILED;
}

/* This process got no answer: find the operation, or begin a new attempt while
 * the budget lasts. */
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
    if (!said_keep_missing(operation->run.place.journal, &operation->row, err))
        return SUBMIT_FAILED;
    backoff_begin(&patience->failures); /* do not count the search's time */
    if (!session_wait(session, &patience->failures, 0, &operation->log,
                      "the operation was not found, submitting it again",
                      &why)) {
        *err = why;
        return SUBMIT_FAILED;
    }
    return begin_attempt(operation, err) ? SUBMIT_AGAIN : SUBMIT_FAILED;
}

static enum submit_end
submit_once(struct operation *operation, struct submission *patience,
            struct err *err)
{
    int64_t wait_ms;

    operation->is_refused = !operation_goes_on(operation, err);
    if (operation->is_refused)
        return SUBMIT_FAILED;
    backoff_begin(&patience->failures);
    if (bulk_submit(place_session(&operation->run.place), operation->row.query,
                    &operation->log, &operation->bulk, &wait_ms, err))
        return SUBMIT_TAKEN;
    if (err->kind == ERR_TRANSIENT && err_is(err, MSG_ANSWER_LOST))
        return settle_unanswered(operation, patience, err);
    operation->is_refused = is_refused(err);
    if (err->kind != ERR_TRANSIENT ||
        (!bulk_is_full(err) && !err_is(err, MSG_NOT_SENT)))
        return SUBMIT_FAILED;
    return wait_to_submit(operation, patience, wait_ms, err) ? SUBMIT_AGAIN
                                                             : SUBMIT_FAILED;
}

bool
submit_until_taken(struct operation *operation, struct err *err)
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
                        "the journal could not be updated", &ignored);
        return false;
    }
    operation->is_lost = false;
    operation->submissions++;
    operation->is_submitted = true;
    operation->submitted_ms = operation->saved_ms = clock_now_ms();
    operation_name(operation);
    log_info(&operation->log, "operation submitted", LOG_END);
    EVENT("submitted", &operation->log, LOG_END);
    return said_keep_submitted(operation->run.place.journal,
                               &operation->run.ref, &operation->row,
                               &operation->bulk, err);
}
