#include "bulk/cancel.h"

#include <string.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "bulk/said.h"

bool
cancel_ask(const struct bulk_place *place, struct journal_operation *row,
           int64_t deadline_ms, const struct log_ctx *log, struct err *err)
{
    struct bulk_operation bulk;
    struct journal_operation said = *row;
    char owner[PLACE_OWNER_BYTES];

    if (!place_can_ask(place, err) ||
        !bulk_check_marker(place_session(place), row->operation_id,
                           place_owner(place, owner), deadline_ms, log, err) ||
        !bulk_cancel(place_session(place), row->operation_id, deadline_ms, log,
                     &bulk, err) ||
        !said_keep(place->journal, &said, &bulk, err))
        return false;
    row->status = bulk_status_name(bulk.status);
    return true;
}

/* Look for an operation by its marker, the first line of its query. */
static bool
find_left(const struct bulk_place *place, struct journal_operation *row,
          struct arena *arena, const struct log_ctx *log, struct err *err)
{
    const char *end = strchr(row->query, '\n');
    struct bulk_operation bulk;
    struct journal_operation said = *row;
    bool found;

    if (!place_can_ask(place, err) ||
        !bulk_find(place_session(place), BULK_QUERY,
                   arena_dup(arena, span_of(row->query,
                                            (size_t)(end - row->query) + 1)),
                   log, &bulk, &found, err))
        return false;
    if (!found)
        return said_keep_missing(place->journal, row, err);
    if (!said_keep(place->journal, &said, &bulk, err))
        return false;
    row->operation_id = arena_strdup(arena, bulk.id);
    row->status = said.status;
    return true;
}

bool
cancel_ask_left(const struct bulk_place *place, struct journal_operation *row,
                int64_t deadline_ms, struct arena *arena,
                const struct log_ctx *log, struct err *err)
{
    if (row->operation_id == NULL && !find_left(place, row, arena, log, err))
        return false;
    if (!said_is_running(row) || cancel_ask(place, row, deadline_ms, log, err))
        return true;
    return err_is(err, MSG_UNKNOWN_OPERATION) &&
           said_keep_missing(place->journal, row, err);
}

bool
cancel_await_end(const struct bulk_place *place, struct journal_operation *row,
                 const struct log_ctx *log, struct err *err)
{
    const struct tuning_config *tuning = place->tuning;
    struct backoff backoff = backoff_of(
        tuning->poll_initial_ms, tuning->poll_max_ms, tuning->retry_budget_ms);

    while (said_is_running(row)) {
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
            !said_keep(place->journal, &said, &bulk, err))
            return false;
        row->status = bulk_status_name(bulk.status);
    }
    return true;
}
