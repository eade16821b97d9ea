#include "bulk/poll.h"

#include "base/backoff.h"
#include "base/clock.h"
#include "bulk/cancel.h"
#include "bulk/operation.h"
#include "bulk/said.h"
#include "bulk/stillness.h"
#include "job/finish.h"

enum {
    POLLS_WITHOUT_URL_MAX = 5,
    SAVED_EVERY_MS = 10000 /* while the operation runs */
};

/* clock_now_ms() at which the operation is canceled; 0: never. */
static int64_t
deadline_of(const struct operation *operation)
{
    int64_t age_ms = operation->run.place.tuning->deadline_ms;

    return age_ms > 0 ? operation->submitted_ms + age_ms : 0;
}

/* Cancel the operation. If the store did not answer that, the operation may
 * continue, and the next run resumes or cancels it. */
static bool
end_at_deadline(struct operation *operation, struct err *err)
{
    const struct tuning_config *tuning = operation->run.place.tuning;
    int64_t age_ms = clock_now_ms() - operation->submitted_ms;
    struct err why = {.kind = ERR_NONE};
    char age[32];

    if (!cancel_ask(&operation->run.place, &operation->row,
                    clock_after_ms(tuning->request_timeout_ms), &operation->log,
                    &why))
        log_failure(session_failure_level(place_session(&operation->run.place)),
                    &operation->log, "the operation could not be canceled",
                    &why);
    err_set(
        err, MSG_DEADLINE, "%s was %s for %s, longer than deadline allows",
        operation->bulk.id, bulk_status_name(operation->bulk.status),
        duration_format(age_ms < 1000 ? age_ms : age_ms / 1000 * 1000, age));
    if (why.kind != ERR_LATER && why.kind != ERR_TRANSIENT)
        return false;
    err_add(err, "the store could not be asked to cancel it: %s", why.message);
    err_hint(err, "run the job again; it then asks the store again");
    return err_as(err, ERR_LATER);
}

static bool
check_deadline(struct operation *operation, struct err *err)
{
    int64_t deadline_ms = deadline_of(operation);

    return deadline_ms == 0 || clock_now_ms() < deadline_ms ||
           end_at_deadline(operation, err);
}

static bool
is_ready(const struct bulk_operation *bulk)
{
    return bulk->status == BULK_COMPLETED &&
           (bulk->url[0] != '\0' || bulk->object_count == 0);
}

/* That the operation runs on, and its counters, only inform readers of the
 * journal: not every poll is worth a wait for the database. */
static bool
keep(struct operation *operation, struct err *err)
{
    const struct bulk_operation *bulk = &operation->bulk;
    int64_t now_ms = clock_now_ms();

    if (!bulk_is_terminal(bulk->status) && operation->saved_ms > 0 &&
        now_ms - operation->saved_ms < SAVED_EVERY_MS)
        return true;
    operation->saved_ms = now_ms;
    return (is_ready(bulk) ? said_keep_last : said_keep)(
        operation->run.place.journal, &operation->row, bulk, err);
}

/* A poll in progress also ends at the deadline. */
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

/* Sleep until the next poll, or until the deadline if that comes first, or
 * until a webhook says that the operation has ended. */
static bool
rest(const struct operation *operation, struct backoff *backoff,
     struct finish_wait *wait, struct err *err)
{
    int64_t until_ms = clock_after_ms(backoff_next_delay(backoff));
    int64_t deadline_ms = deadline_of(operation);

    if (deadline_ms != 0 && deadline_ms < until_ms)
        until_ms = deadline_ms;
    return finish_sleep(wait, until_ms, err);
}

/* Counters may not change for a long time and then jump, so this only warns. */
static void
warn_of_stillness(const struct operation *operation,
                  struct stillness *stillness)
{
    const struct bulk_operation *bulk = &operation->bulk;
    int64_t now_ms = clock_now_ms();

    if (!stillness_is_news(stillness, bulk, now_ms))
        return;
    log_warn(&operation->log, MSG_STANDS_STILL,
             "the operation makes no progress",
             LOG_STR("status", bulk_status_name(bulk->status)),
             LOG_NUM("objects", bulk->object_count),
             LOG_NUM("age_seconds", (now_ms - operation->submitted_ms) / 1000),
             LOG_NUM("still_seconds", (now_ms - stillness->since_ms) / 1000),
             LOG_STR("hint", "bulkpg waits for it; deadline in [tuning] limits "
                             "the wait, and bulkpg cancel cancels it now"),
             LOG_END);
}

static bool
poll_on(struct operation *operation, struct finish_wait *wait, struct err *err)
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
        if (!check_deadline(operation, err) ||
            !operation_goes_on(operation, err))
            return false;
        warn_of_stillness(operation, &stillness);
        if (!rest(operation, &backoff, wait, err))
            return false;
    }
}

bool
poll_until_ended(struct operation *operation, struct err *err)
{
    struct finish_wait wait;
    bool ended;

    finish_begin(&wait, operation->run.place.store->context,
                 operation->bulk.id);
    ended = poll_on(operation, &wait, err);
    finish_end(&wait);
    return ended;
}
