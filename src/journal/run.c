/*
 * A run is a row of bulkpg.run that one process owns. Every statement that
 * changes the row selects it by run_id and resumed. If it finds no row, another
 * process took over the run, a user canceled it, or a newer run superseded it;
 * journal_run_not_ours() finds out which.
 *
 * Hazard: the merge of an earlier process may have locked the row. The
 * statement then fails with 55P03 (NOWAIT) and is retried after
 * journal_run_await_merge(), which ends a merge whose client is silent.
 */
#include "journal/run.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "journal/call.h"
#include "journal/session.h"
#include "json/write.h"
#include "sql.h"

enum {
    MERGE_SILENT_MS = 5000,
    MERGE_PAUSE_MS = 100,
    OUTCOMES_BYTES = 256 * 1024, /* of one statement, approximately */
    OUTCOMES_BYTES_MAX = OUTCOMES_BYTES + 64 * 1024
};

static const char *const mode_names[] = {"full", "incremental", "replay", "ids",
                                         "-"};

static const char *const status_names[] = {"submitting",
                                           "waiting",
                                           "polling",
                                           "loading",
                                           "merging",
                                           "loaded",
                                           "loaded_with_rejects",
                                           "failed",
                                           "interrupted",
                                           "canceled",
                                           "dry",
                                           "abandoned",
                                           "never"};

const struct run_counts run_counts_unknown = {-1, -1, -1, -1, -1,
                                              -1, -1, -1, -1};

const char *
run_mode_name(enum run_mode mode)
{
    return mode_names[mode];
}

const char *
run_status_name(enum run_status status)
{
    return status_names[status];
}

bool
run_status_is_final(enum run_status status)
{
    return status == RUN_LOADED || status == RUN_LOADED_WITH_REJECTS ||
           status == RUN_FAILED || status == RUN_CANCELED || status == RUN_DRY;
}

void
run_append_ref(struct call *call, const struct run_ref *run)
{
    call_number(call, run->run_id);
    call_number(call, run->resumed);
}

/* ---- runs that are no longer ours -------------------------------------- */

static bool
explain(const struct run_ref *run, const struct pg_result *row, struct err *err)
{
    long long id = (long long)run->run_id;
    const char *code;

    if (pg_rows(row) == 0)
        return err_set(err, MSG_RUN_UNKNOWN, "run %lld is not in the journal",
                       id);
    code = pg_text(row, 0, 2);
    if (pg_int64(row, 0, 1) != run->resumed) {
        return err_set(err, MSG_TAKEN_OVER,
                       "run %lld was taken over by another process", id);
    }
    if (strcmp(pg_text(row, 0, 0), "canceled") == 0 ||
        strcmp(code, "CANCELED") == 0 || strcmp(code, "SUPERSEDED") == 0) {
        bool canceled = strcmp(code, "SUPERSEDED") != 0;

        return err_set(err, canceled ? MSG_CANCELED : MSG_SUPERSEDED,
                       "run %lld was %s", id,
                       canceled ? "canceled" : "superseded by a newer one");
    }
    return err_set(err, MSG_BUG, "run %lld has the unexpected status %s", id,
                   pg_text(row, 0, 0));
}

bool
journal_run_not_ours_in(struct pg_conn *conn, const struct run_ref *run,
                        struct err *err)
{
    struct call call = {0};
    struct pg_result *row;

    call_number(&call, run->run_id);
    if (!journal_call_in(conn, sql_run_whose, &call, &row, err))
        return false;
    explain(run, row, err);
    pg_result_free(row);
    return false;
}

bool
journal_run_is_ours(struct journal *journal, const struct run_ref *run,
                    struct err *err)
{
    struct call call = {0};
    struct pg_result *row;
    bool ours;

    call_number(&call, run->run_id);
    if (!journal_call(journal, sql_run_whose, &call, &row, err))
        return false;
    ours = pg_rows(row) == 1 && pg_int64(row, 0, 1) == run->resumed &&
           strcmp(pg_text(row, 0, 0), "failed") != 0 &&
           strcmp(pg_text(row, 0, 0), "canceled") != 0 &&
           strcmp(pg_text(row, 0, 2), "CANCELED") != 0;
    if (!ours)
        explain(run, row, err);
    pg_result_free(row);
    return ours;
}

bool
journal_run_not_ours(struct journal *journal, const struct run_ref *run,
                     struct err *err)
{
    struct call call = {0};
    struct pg_result *row;

    call_number(&call, run->run_id);
    if (!journal_call(journal, sql_run_whose, &call, &row, err))
        return false;
    explain(run, row, err);
    pg_result_free(row);
    return false;
}

/* Run an UPDATE of the run; if it finds no row, report why. */
static bool
update_ours(struct journal *journal, const char *sql, struct call *call,
            const struct run_ref *run, struct err *err)
{
    bool found;

    if (!journal_call_found(journal, sql, call, &found, err))
        return err_wrap(err, "updating run %lld in the journal",
                        (long long)run->run_id);
    return found || journal_run_not_ours(journal, run, err);
}

/* ---- a run's life ------------------------------------------------------ */

void
run_queue_begin(struct pg_conn *conn, const struct run_start *start,
                struct pg_result **result)
{
    static const struct run_first none = {.before = NULL};
    const struct run_first *first = start->first != NULL ? start->first : &none;
    struct call call = {0};

    call_text(&call, start->store);
    call_text(&call, start->job);
    call_text(&call, run_mode_name(start->mode));
    call_text(&call, start->mode_reason);
    call_text(&call, start->plan_hash);
    call_text(&call, start->window_from);
    call_text(&call, start->window_to);
    call_text(&call, first->before);
    call_text(&call, first->after);
    call_text(&call, first->window_from);
    call_text(&call, first->window_to);
    call_text(&call, start->is_dry ? "t" : "f");
    journal_queue_in(
        conn, sql_run_begin, &call,
        &(struct pg_answer){.result = result,
                            .doing = "adding a run to the journal"});
}

bool
journal_run_begin(struct journal *journal, const struct run_start *start,
                  struct run_ref *run, struct err *err)
{
    struct pg_result *result;
    struct pg_conn *conn;
    bool begun;

    if (!journal_borrow(journal, &conn, err))
        return false;
    task_shield();
    run_queue_begin(conn, start, &result);
    begun = pg_settle(conn, err);
    task_unshield();
    journal_give_back(journal);
    if (begun)
        *run = (struct run_ref){.run_id = pg_int64(result, 0, 0)};
    pg_result_free(result);
    return begun;
}

/* Ends only a merge whose client has been silent for MERGE_SILENT_MS. The merge
 * of a live process can finish. */
static bool
end_silent_merge(struct journal *journal, int64_t run_id, const char *store,
                 const char *job, struct err *err)
{
    struct call call = {0};
    struct pg_result *ended;

    call_count(&call, run_id);
    call_text(&call, store);
    call_text(&call, job);
    call_number(&call, MERGE_SILENT_MS);
    if (!journal_call(journal, sql_run_merge_end, &call, &ended, err))
        return false;
    if (pg_rows(ended) > 0)
        log_warn(NULL, MSG_MERGE_ENDED,
                 "ended a merge whose process no longer responds", LOG_END);
    pg_result_free(ended);
    return true;
}

bool
journal_run_await_merge(struct journal *journal, int64_t run_id,
                        const char *store, const char *job, bool *told,
                        struct err *err)
{
    const struct log_ctx log = {
        .run_id = run_id > 0 ? run_id : 0, .store = store, .job = job};

    if (!err_is(err, MSG_55P03))
        return false;
    if (!*told)
        log_info(&log, "waiting for the merge of an earlier process", LOG_END);
    *told = true;
    if (!end_silent_merge(journal, run_id, store, job, err))
        return false;
    return task_sleep_until(clock_after_ms(MERGE_PAUSE_MS)) != TASK_STOPPED ||
           task_stopped(err);
}

static bool
try_resume(struct journal *journal, const struct run_ref *run,
           enum run_status status, struct pg_result **result, struct err *err)
{
    struct call call = {0};

    run_append_ref(&call, run);
    call_text(&call, run_status_name(status));
    return journal_call(journal, sql_run_resume, &call, result, err);
}

bool
journal_run_resume(struct journal *journal, struct run_ref *run,
                   enum run_status status, bool *taken, struct err *err)
{
    struct pg_result *result;
    bool told = false;

    while (!try_resume(journal, run, status, &result, err))
        if (!journal_run_await_merge(journal, run->run_id, NULL, NULL, &told,
                                     err))
            return err_wrap(err, "resuming run %lld", (long long)run->run_id);
    *taken = pg_rows(result) == 1;
    if (*taken)
        run->resumed = pg_int64(result, 0, 0);
    pg_result_free(result);
    return true;
}

static void
call_status(struct call *call, const struct run_ref *run,
            enum run_status status)
{
    run_append_ref(call, run);
    call_text(call, run_status_name(status));
}

void
run_queue_status(struct pg_conn *conn, const struct run_ref *run,
                 enum run_status status, struct pg_result **ours)
{
    struct call call = {0};

    call_status(&call, run, status);
    journal_queue_in(conn, sql_run_status, &call,
                     &(struct pg_answer){.result = ours});
}

void
journal_run_status_ahead(struct pg_conn *conn, const void *owner,
                         const struct run_ref *run, enum run_status status)
{
    struct call call = {0};

    call_status(&call, run, status);
    journal_ask_ahead(conn, owner, sql_run_status, &call);
}

bool
journal_run_status(struct journal *journal, const struct run_ref *run,
                   enum run_status status, struct err *err)
{
    struct call call = {0};

    call_status(&call, run, status);
    return update_ours(journal, sql_run_status, &call, run, err);
}

bool
journal_run_note(struct journal *journal, const struct run_ref *run,
                 const char *note, struct err *err)
{
    struct call call = {0};

    run_append_ref(&call, run);
    call_text(&call, note);
    return update_ours(journal, sql_run_note, &call, run, err);
}

void
journal_queue_loading(struct pg_conn *conn, const struct run_ref *run,
                      struct pg_result **loading)
{
    struct call call = {0};

    run_append_ref(&call, run);
    call_number(&call, 0);
    journal_queue_in(conn, sql_run_loading, &call,
                     &(struct pg_answer){.result = loading});
}

bool
journal_run_loading(struct journal *journal, const struct run_ref *run,
                    bool continues, char loaded_at[JOURNAL_TIME_BYTES],
                    struct err *err)
{
    struct call call = {0};
    struct pg_result *result;
    bool found;

    run_append_ref(&call, run);
    call_number(&call, continues);
    if (!journal_call(journal, sql_run_loading, &call, &result, err))
        return err_wrap(err, "updating run %lld in the journal",
                        (long long)run->run_id);
    found = pg_rows(result) == 1;
    if (found)
        snprintf(loaded_at, JOURNAL_TIME_BYTES, "%s", pg_text(result, 0, 0));
    pg_result_free(result);
    return found || journal_run_not_ours(journal, run, err);
}

static void
call_counts(struct call *call, const struct run_counts *counts)
{
    call_count(call, counts->lines);
    call_count(call, counts->bytes);
    call_count(call, counts->rows_inserted);
    call_count(call, counts->rows_updated);
    call_count(call, counts->rows_deleted);
    call_count(call, counts->rows_unchanged);
    call_count(call, counts->rejects);
    call_count(call, counts->duplicates);
    call_count(call, counts->sanitized);
}

void
run_append_end(struct call *call, const struct run_ref *run,
               const struct run_end *end)
{
    run_append_ref(call, run);
    call_counts(call, &end->counts);
    call_text(call, end->notes);
    call_text(call, run_status_name(end->status));
    call_text(call, end->error_code);
    call_text(call, end->error);
    call_text(call, end->timings);
}

bool
journal_run_finish(struct journal *journal, const struct run_ref *run,
                   const struct run_end *end, struct err *err)
{
    struct call call = {0};

    run_append_end(&call, run, end);
    return update_ours(journal, sql_run_finish, &call, run, err);
}

/* ---- jobs without a run ------------------------------------------------ */

bool
run_outcomes_add(struct run_outcomes *outcomes,
                 const struct run_outcome *outcome)
{
    struct json_out *json;

    if (outcomes->count++ == 0) {
        outcomes->text = buf_with_ceiling(OUTCOMES_BYTES_MAX);
        outcomes->json = json_out_new(&outcomes->text);
        json_out_open(outcomes->json, '[');
    }
    json = outcomes->json;
    json_out_open(json, '{');
    json_out_text(json, "store", outcome->store);
    json_out_text(json, "job", outcome->job);
    json_out_text(json, "plan_hash", outcome->plan_hash);
    json_out_text(json, "status", run_status_name(outcome->status));
    json_out_text(json, "error_code",
                  outcome->err->code[0] != '\0' ? outcome->err->code : NULL);
    json_out_text(json, "error", outcome->err->message);
    json_out_text(json, "remedy", err_remedy(outcome->err));
    json_out_number(json, "took_ms", outcome->took_ms);
    json_out_close(json, '}');
    return outcomes->text.length >= OUTCOMES_BYTES;
}

bool
journal_run_outcomes(struct journal *journal, struct run_outcomes *outcomes,
                     int64_t older_than_ms, struct err *err)
{
    struct call call = {0};

    if (outcomes->count == 0)
        return true;
    json_out_close(outcomes->json, ']');
    call_text(&call, journal->uuid);
    call_text(&call, buf_str(&outcomes->text));
    call_count(&call, older_than_ms);
    return journal_call(journal, sql_run_outcomes, &call, NULL, err) ||
           err_wrap(err, "recording how jobs ended");
}

void
run_outcomes_clear(struct run_outcomes *outcomes)
{
    json_out_free(outcomes->json);
    buf_free(&outcomes->text);
    *outcomes = (struct run_outcomes){0};
}

bool
journal_run_cancel(struct journal *journal, int64_t run_id, bool *canceled,
                   struct err *err)
{
    struct call call = {0};

    call_number(&call, run_id);
    return journal_call_found(journal, sql_run_cancel, &call, canceled, err);
}
