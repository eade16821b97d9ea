/*
 * The states of the rows decide about the error, and the error about the
 * status:
 *
 *     no error, or only refused rows    done
 *     the failure may pass              interrupted
 *     any other, or rows in doubt       failed
 *     the applied rows were undone      rolled back
 *
 * Hazards. The end is recorded even if the process is being stopped. Rows that
 * earlier pushes left in doubt count, whether this push selects them or not,
 * but not in an undo or a push that is resumed.
 */
#include "push/ending.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/event.h"
#include "journal/remedy.h"
#include "sql.h"

enum { NUMBER_BYTES = 24, LEFT_SHOWN = 10 };

bool
push_may_pass(const struct err *why)
{
    return why->kind == ERR_TRANSIENT || why->kind == ERR_LATER ||
           why->kind == ERR_STOPPED;
}

static const char *
rows(int64_t count)
{
    return count == 1 ? "row" : "rows";
}

static void
judge_refused(struct push *push)
{
    const struct push_counts *counts = &push->counts;

    if (counts->refused > 0)
        err_set(&push->err, MSG_PUSH_REFUSED,
                "the store refused %" PRId64 " %s of push %" PRId64,
                counts->refused, rows(counts->refused), push->ref.push_id);
    else if (counts->invalid > 0)
        err_set(&push->err, MSG_PUSH_INVALID,
                "%" PRId64 " %s not valid and not sent", counts->invalid,
                counts->invalid == 1 ? "row was" : "rows were");
    else if (counts->skipped > 0 && !push->is_resumed)
        err_set(&push->err, MSG_PUSH_SKIPPED,
                "%" PRId64 " %s of push %" PRId64 " not sent", counts->skipped,
                counts->skipped == 1 ? "row was" : "rows were",
                push->ref.push_id);
}

void
push_judge(struct push *push)
{
    const struct push_counts *counts = &push->counts;

    push->err.kind = ERR_NONE;
    if (push->tallies.denied > 0) {
        err_set(&push->err, MSG_ACCESS_DENIED,
                "the store denied access for %" PRId64 " %s of push %" PRId64,
                push->tallies.denied, rows(push->tallies.denied),
                push->ref.push_id);
    } else if (push->distrust.kind != ERR_NONE) {
        push->err = push->distrust;
    } else if (counts->unknown > 0) {
        err_set(&push->err, MSG_PUSH_UNKNOWN,
                "it is not known whether the store applied %" PRId64
                " %s of push %" PRId64,
                counts->unknown, rows(counts->unknown), push->ref.push_id);
        err_hint(&push->err,
                 "see the rows in bulkpg.push_row; bulkpg push %s --retry "
                 "unknown sends them again, and bulkpg push --settle %" PRId64
                 " applied|failed decides about them",
                 push->job, push->ref.push_id);
    } else {
        judge_refused(push);
    }
}

/* ---- what earlier pushes have left --------------------------------------- */

static bool
ask_left(struct push *push, struct pg_result **left, struct err *err)
{
    char push_id[NUMBER_BYTES];
    const char *values[] = {push->config->name, push->job,
                            push->may_repeat ? "t" : "f", push_id,
                            push->earlier != NULL ? push->earlier : "{}"};
    struct pg_conn *conn;
    bool ok;

    snprintf(push_id, sizeof(push_id), "%" PRId64, push->ref.push_id);
    if (!journal_borrow(push->journal, &conn, err))
        return false;
    ok = pg_exec(conn, sql_push_left, 5, values, left, err);
    journal_give_back(push->journal);
    return ok;
}

static void
blame_left(struct push *push, const struct pg_result *left)
{
    int64_t in_doubt = pg_int64(left, 0, 0), refused = pg_int64(left, 0, 3);

    if (in_doubt > 0) {
        err_set(&push->err, MSG_PUSH_UNKNOWN,
                "it is not known whether the store applied %" PRId64
                " %s of job %s: %s%s",
                in_doubt, rows(in_doubt), push->job, pg_text(left, 0, 1),
                in_doubt > LEFT_SHOWN ? ", ..." : "");
        err_hint(&push->err,
                 "see the rows in bulkpg.push_row; bulkpg push %s --retry "
                 "unknown sends them again, and bulkpg push --settle %s "
                 "applied|failed decides about them",
                 push->job, pg_text(left, 0, 2));
    } else if (refused > 0 && push->err.kind == ERR_NONE) {
        err_set(&push->err, MSG_PUSH_REFUSED,
                "the store refused %" PRId64 " %s of earlier pushes, which "
                "this one has finished: %s%s",
                refused, rows(refused), pg_text(left, 0, 4),
                refused > LEFT_SHOWN ? ", ..." : "");
    }
}

/* A row that an earlier push left in doubt is in doubt, whether this push
 * selects it or not. */
static bool
judge_left(struct push *push, struct err *err)
{
    struct pg_result *left;

    if (push->is_resumed || push->mode == PUSH_UNDO ||
        (push->err.kind != ERR_NONE && push->err.kind != ERR_ROW &&
         !err_is(&push->err, MSG_PUSH_UNKNOWN)))
        return true;
    if (!ask_left(push, &left, err))
        return false;
    blame_left(push, left);
    pg_result_free(left);
    return true;
}

/* ---- the end ------------------------------------------------------------- */

/* `sent`: the rows were sent, and `why` is about their states. */
static enum push_status
status_after(const struct err *why, bool sent, bool is_rolled_back)
{
    if (is_rolled_back)
        return PUSH_ROLLED_BACK;
    if (why->kind == ERR_NONE || (sent && why->kind == ERR_ROW))
        return PUSH_DONE;
    return push_may_pass(why) ? PUSH_INTERRUPTED : PUSH_FAILED;
}

bool
push_record(struct push *push, const struct err *why, bool is_rolled_back,
            struct err *err)
{
    struct push_end end = {.status = PUSH_DONE};
    bool sent = why == NULL, ok;

    if (!journal_push_count(push->journal, push->ref.push_id, &push->counts,
                            err))
        return false;
    if (sent) {
        push_judge(push);
        if (!judge_left(push, err))
            return false;
        why = &push->err;
    }
    end.status = status_after(why, sent, is_rolled_back);
    if (why->kind != ERR_NONE) {
        end.error_code = why->code;
        end.error = why->message;
        end.notes = remedy_note(&push->arena, why);
    }
    task_shield();
    ok = journal_push_finish(push->journal, &push->ref, &end, &push->counts,
                             err);
    task_unshield();
    return ok;
}

static void
report_end(const struct push *push)
{
    const struct push_counts *counts = &push->counts;

    if (push->has_ref || push->is_counted)
        EVENT(
            "pushed", &push->log, LOG_NUM("rows", counts->rows),
            LOG_NUM("changed", counts->changed), LOG_NUM("sent", counts->sent),
            LOG_NUM("applied", counts->applied),
            LOG_NUM("refused", counts->refused),
            LOG_NUM("unknown", counts->unknown),
            LOG_NUM("unchanged", counts->unchanged),
            LOG_NUM("invalid", counts->invalid), LOG_NUM("held", counts->held),
            LOG_NUM("skipped", counts->skipped), LOG_END);
    if (push->err.kind != ERR_NONE)
        event_failure(&push->log, &push->err);
}

void
push_log_end(struct push *push)
{
    const struct push_counts *counts = &push->counts;

    push->is_ended = true;
    push->status = err_exit_status(push->err.kind);
    if (push->has_ref && push->err.kind != ERR_STOPPED)
        log_info(&push->log, "pushed", LOG_NUM("rows", counts->rows),
                 LOG_NUM("changed", counts->changed),
                 LOG_NUM("sent", counts->sent),
                 LOG_NUM("applied", counts->applied),
                 LOG_NUM("refused", counts->refused),
                 LOG_NUM("unknown", counts->unknown),
                 LOG_NUM("unchanged", counts->unchanged), LOG_END);
    report_end(push);
    if (push->err.kind != ERR_NONE)
        log_failure(push->err.kind == ERR_STOPPED ? LOG_WARN : LOG_ERROR,
                    &push->log,
                    push_may_pass(&push->err) && push->has_ref
                        ? "the push was interrupted; the next one finishes it"
                    : push->has_ref ? "the push did not succeed"
                                    : "the push did not run",
                    &push->err);
}
