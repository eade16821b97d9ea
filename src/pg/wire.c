/*
 * Waiting for libpq inside a task: flushing, reading, the end of an answer,
 * canceling. Every wait reads while it writes, because a server that cannot
 * send its answers stops reading. A failure becomes an err with the SQLSTATE as
 * its code, and the server's lines joined to one.
 */
#include "pg/wire.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/task.h"
#include "pg/sqlstate.h"

enum { CANCEL_MS = 5000 }; /* time for the server to cancel a statement */

/* ---- errors ---------------------------------------------------------- */

const char *
wire_one_line(struct arena *arena, const char *text, const char *sqlstate)
{
    const char *joined = "";

    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        struct span line = span_trim(span_of(text, length));
        char *copy = arena_dup(arena, line);
        char *code = sqlstate[0] != '\0' ? strstr(copy, sqlstate) : NULL;

        if (code != NULL) /* "28P01: " */
            memmove(code, code + 7, strlen(code + 7) + 1);
        if (copy[0] != '\0' && !span_starts(line, "LOCATION:"))
            joined = arena_printf(arena, "%s%s%s", joined,
                                  joined[0] != '\0' ? "; " : "", copy);
        text += text[length] == '\n' ? length + 1 : length;
    }
    return joined;
}

/* A part of the server's error, or NULL if the error does not have it. */
static const char *
error_part(struct arena *arena, const PGresult *result, int part)
{
    const char *text = PQresultErrorField(result, part);

    return text != NULL ? wire_one_line(arena, text, "") : NULL;
}

/* Is it class 42, or an invalid schema name? If a function of a trigger or a
 * CHECK fails with such an error, the context names the function. */
static bool
is_about_names(const char *sqlstate)
{
    return strncmp(sqlstate, "42", 2) == 0 || strcmp(sqlstate, "3F000") == 0;
}

bool
wire_refused(const PGresult *result, struct err *err)
{
    struct arena arena = {0};
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *primary = error_part(&arena, result, PG_DIAG_MESSAGE_PRIMARY);
    const char *position =
        PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
    const char *context = error_part(&arena, result, PG_DIAG_CONTEXT);

    if (sqlstate != NULL && primary != NULL) {
        sqlstate_err(err, sqlstate, primary,
                     error_part(&arena, result, PG_DIAG_MESSAGE_DETAIL),
                     error_part(&arena, result, PG_DIAG_MESSAGE_HINT));
        if (context != NULL && is_about_names(sqlstate))
            err_add(err, "in %s", context);
        err->position = position != NULL ? atoi(position) : 0;
    } else { /* an error of libpq itself, so it is about the connection */
        err_set(err, MSG_08006, "%s",
                wire_one_line(&arena, PQresultErrorMessage(result), ""));
    }
    arena_free(&arena);
    return false;
}

bool
wire_lost(struct pg_conn *conn, struct err *err)
{
    struct arena arena = {0};
    const char *words = wire_one_line(&arena, PQerrorMessage(conn->raw), "");

    if (conn->lost || words[0] == '\0')
        err_set(err, MSG_08006, "the connection to %s is lost", conn->where);
    else
        err_set(err, MSG_08006, "the connection to %s is lost: %s", conn->where,
                words);
    arena_free(&arena);
    conn->lost = true;
    return false;
}

bool
wire_silent(struct pg_conn *conn, struct err *err)
{
    conn->lost = true;
    return err_set(err, MSG_08006, "%s does not answer", conn->where);
}

bool
wire_senseless(struct pg_conn *conn, const char *what, struct err *err)
{
    conn->lost = true;
    return err_set(err, MSG_08P01, "unexpected reply from %s: %s", conn->where,
                   what);
}

/* ---- waiting --------------------------------------------------------- */

/* Wait for the socket, at most until `deadline_ms`. After a silence, wait on
 * only if the server reports that the backend is busy. */
static bool
wait_socket(struct pg_conn *conn, short events, int64_t deadline_ms,
            struct err *err)
{
    int fd = PQsocket(conn->raw);

    if (fd < 0) /* waiting for it would never end */
        return wire_lost(conn, err);
    for (;;) {
        int64_t quiet_ms = conn->answer_timeout_ms > 0
                               ? clock_after_ms(conn->answer_timeout_ms)
                               : CLOCK_NEVER;
        bool is_last = deadline_ms <= quiet_ms;

        switch (task_wait_fd(fd, events, is_last ? deadline_ms : quiet_ms)) {
        case TASK_READY:
            return true;
        case TASK_STOPPED:
            return task_stopped(err);
        case TASK_TIMEOUT:
            if (is_last || !watch_is_working(conn))
                return wire_silent(conn, err);
        }
    }
}

/* It reads while it writes, because a server that cannot send its answers stops
 * reading. If the connection is lost here, the results report that. */
static bool
flush(struct pg_conn *conn, int64_t deadline_ms, struct err *err)
{
    while (PQflush(conn->raw) == 1) {
        if (!wait_socket(conn, POLLIN | POLLOUT, deadline_ms, err))
            return false;
        if (PQconsumeInput(conn->raw) == 0)
            return true;
    }
    return true;
}

/* The next result; NULL after the last one. If the connection is lost,
 * PQgetResult() does not wait: it returns a result with that error, then
 * NULL. */
static bool
next_result(struct pg_conn *conn, int64_t deadline_ms, PGresult **result,
            struct err *err)
{
    while (PQstatus(conn->raw) == CONNECTION_OK && PQisBusy(conn->raw)) {
        if (!wait_socket(conn, POLLIN, deadline_ms, err))
            return false;
        if (PQconsumeInput(conn->raw) == 0)
            break;
    }
    *result = PQgetResult(conn->raw);
    return true;
}

static bool
is_copy(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);

    return status == PGRES_COPY_IN || status == PGRES_COPY_OUT ||
           status == PGRES_COPY_BOTH;
}

static bool
is_refusal(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);

    return status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE;
}

static bool
is_success(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);

    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
           status == PGRES_EMPTY_QUERY;
}

/* Set the error for a result that is neither a success nor an error. */
static bool
refuse_answer(struct pg_conn *conn, const PGresult *result, struct err *err)
{
    if (!is_copy(result))
        return wire_senseless(conn, PQresStatus(PQresultStatus(result)), err);
    conn->lost = true; /* libpq would return the result again for ever */
    return err_set(err, MSG_BUG, "COPY is not supported here");
}

/* ---- rows one by one ------------------------------------------------- */

/* Who takes the rows of the statement whose answer is due; NULL: nobody. */
static const struct wire_taker *
taker_of(const struct wire_answers *answers)
{
    if (answers->takers == NULL || answers->at == answers->count ||
        answers->takers[answers->at].on_number == NULL)
        return NULL;
    return &answers->takers[answers->at];
}

/* libpq must be asked after the results of the statement before, and before
 * the first one of this statement. It refuses for a statement that is skipped.
 */
static void
ask_by_row(struct pg_conn *conn, struct wire_answers *answers)
{
    if (!answers->is_by_row && !answers->is_answered &&
        taker_of(answers) != NULL)
        answers->is_by_row = PQsetSingleRowMode(conn->raw) == 1;
}

static int64_t
read_big_endian(const char *bytes)
{
    uint64_t value = 0;

    for (size_t i = 0; i < sizeof(value); i++)
        value = value << 8 | (unsigned char)bytes[i];
    return (int64_t)value;
}

static bool
is_number(const PGresult *result, int row)
{
    return PQgetisnull(result, row, 0) ||
           (PQfformat(result, 0) == 1 &&
            PQgetlength(result, row, 0) == (int)sizeof(int64_t));
}

static bool
give_rows(struct pg_conn *conn, const struct wire_answers *answers,
          const PGresult *result, struct err *err)
{
    const struct wire_taker *taker = taker_of(answers);

    for (int row = 0; row < PQntuples(result); row++) {
        int64_t number;

        if (PQnfields(result) != 1 || !is_number(result, row))
            return wire_senseless(conn, "rows that are not numbers", err);
        if (PQgetisnull(result, row, 0)) {
            taker->on_number(taker->ctx, NULL);
            continue;
        }
        number = read_big_endian(PQgetvalue(result, row, 0));
        taker->on_number(taker->ctx, &number);
    }
    return true;
}

/* The rows of a statement that are returned one by one, and, after the last
 * one, its result. */
static bool
give_result(struct pg_conn *conn, const struct wire_answers *answers,
            const PGresult *result, struct err *err)
{
    if (taker_of(answers) == NULL)
        return true;
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        return wire_senseless(conn, "no rows", err);
    return give_rows(conn, answers, result, err);
}

static bool
is_row(const struct wire_answers *answers, const PGresult *result)
{
    return PQresultStatus(result) == PGRES_SINGLE_TUPLE &&
           taker_of(answers) != NULL;
}

static bool
give_row(struct pg_conn *conn, const struct wire_answers *answers,
         PGresult *result, struct err *err)
{
    bool given = give_rows(conn, answers, result, err);

    PQclear(result);
    return given;
}

/* ---- answers --------------------------------------------------------- */

/* Set the error for a statement without an answer. So a caller that gets
 * success always has a result. */
static bool
no_answer(struct pg_conn *conn, struct err *err)
{
    return PQstatus(conn->raw) == CONNECTION_OK
               ? wire_senseless(conn, "no result", err)
               : wire_lost(conn, err);
}

/* The result belongs to the statement at `at`; a later result of the same
 * statement replaces it. */
static bool
keep(struct pg_conn *conn, struct wire_answers *answers, PGresult *result,
     struct err *err)
{
    if (answers->at == answers->count) {
        PQclear(result);
        return wire_senseless(conn, "too many results", err);
    }
    PQclear(answers->results[answers->at]);
    answers->results[answers->at] = result;
    answers->is_answered = true;
    return true;
}

/* Check the result just kept. In a pipeline, the statements after an error are
 * skipped up to the next sync, and have no error of their own. */
static bool
judge(struct pg_conn *conn, struct wire_answers *answers, bool *ok,
      struct err *err)
{
    const PGresult *result = answers->results[answers->at];

    if (!*ok && PQresultStatus(result) == PGRES_PIPELINE_ABORTED)
        return true;
    if (!is_success(result) && !is_refusal(result))
        return refuse_answer(conn, result, err);
    if (is_success(result) && !give_result(conn, answers, result, err))
        return false;
    if (*ok && is_refusal(result) &&
        (answers->may_fail == NULL || !answers->may_fail[answers->at])) {
        *ok = wire_refused(result, err);
        answers->failed = answers->at;
    }
    return true;
}

/* NULL ends the results of a statement, and also everything if no sync is due.
 * More than NULLS_MOST in a row mean that libpq expects no more results. */
static bool
ends_statement(struct wire_answers *answers)
{
    enum { NULLS_MOST = 2 };

    if (answers->is_answered) {
        answers->at++;
        answers->is_by_row = false;
    }
    answers->is_answered = false;
    return ++answers->nulls > NULLS_MOST || answers->syncs == 0;
}

/* Called with each result; the first one ends a round trip. */
static void
note_round_trip(struct pg_conn *conn, struct wire_answers *answers)
{
    int64_t took = clock_now_ns() - answers->sent_ns;

    if (answers->sent_ns > 0 &&
        (conn->round_trip_ns == 0 || took < conn->round_trip_ns))
        conn->round_trip_ns = took;
    answers->sent_ns = 0;
}

static bool
ends_group(struct wire_answers *answers, const PGresult *result)
{
    answers->nulls = 0;
    return PQresultStatus(result) == PGRES_PIPELINE_SYNC;
}

/* Take the results of all statements up to the last sync. If any is an error,
 * the first one counts. */
static bool
collect(struct pg_conn *conn, int64_t deadline_ms, struct wire_answers *answers,
        struct err *err)
{
    bool ok = true;

    for (;;) {
        PGresult *result;

        ask_by_row(conn, answers);
        if (!next_result(conn, deadline_ms, &result, err))
            return false;
        note_round_trip(conn, answers);
        if (result == NULL) {
            if (ends_statement(answers))
                break;
        } else if (ends_group(answers, result)) {
            PQclear(result);
            if (answers->syncs <= 1)
                break;
            answers->syncs--;
        } else if (!ok && answers->at == answers->count) {
            PQclear(result); /* libpq reports a loss once more at the end */
        } else if (is_row(answers, result)) {
            if (!give_row(conn, answers, result, err))
                return false;
        } else if (!keep(conn, answers, result, err)) {
            return false;
        } else if (!judge(conn, answers, &ok, err)) {
            return false;
        }
    }
    return ok && answers->at < answers->count ? no_answer(conn, err) : ok;
}

/* Canceling blocks for a short time: libpq 15 has no other way. */
static void
ask_to_cancel(struct pg_conn *conn)
{
    char why[256];
    PGcancel *cancel = PQgetCancel(conn->raw);

    PQcancel(cancel, why, sizeof(why));
    PQfreeCancel(cancel);
}

/* A stop interrupted a wait: cancel the statement. The session can then be used
 * again, or is lost. */
static void
abandon(struct pg_conn *conn, struct wire_answers *answers)
{
    struct err ignored;
    int64_t deadline_ms = clock_after_ms(CANCEL_MS);

    task_shield();
    ask_to_cancel(conn);
    if (!flush(conn, deadline_ms, &ignored) ||
        (!collect(conn, deadline_ms, answers, &ignored) &&
         PQtransactionStatus(conn->raw) == PQTRANS_ACTIVE))
        conn->lost = true;
    task_unshield();
}

bool
wire_finish_all(struct pg_conn *conn, bool sent, int64_t deadline_ms,
                struct wire_answers *answers, struct err *err)
{
    bool ok = sent;

    answers->sent_ns = clock_now_ns();
    if (!ok)
        wire_lost(conn, err);
    else
        ok = flush(conn, deadline_ms, err) &&
             collect(conn, deadline_ms, answers, err);
    if (!ok && err->kind == ERR_STOPPED)
        abandon(conn, answers);
    if (PQstatus(conn->raw) == CONNECTION_BAD) {
        if (ok)
            ok = wire_lost(conn, err);
        else if (err->kind != ERR_STOPPED)
            err->kind = ERR_TRANSIENT; /* whatever the server's error was */
        conn->lost = true;
    }
    notify_take(conn);
    return ok;
}

bool
wire_finish(struct pg_conn *conn, int sent, int64_t deadline_ms,
            PGresult **result, struct err *err)
{
    struct wire_answers answers = {.results = result, .count = 1};
    bool ok;

    *result = NULL;
    ok = wire_finish_all(conn, sent == 1, deadline_ms, &answers, err);
    if (!ok) {
        PQclear(*result);
        *result = NULL;
    }
    return ok;
}
