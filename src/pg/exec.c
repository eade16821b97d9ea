#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/task.h"
#include "pg/pipe.h"
#include "pg/result.h"
#include "pg/script.h"
#include "pg/wire.h"

enum { ROLLBACK_MS = 10000 };

static bool
is_usable(struct pg_conn *conn, struct err *err)
{
    return conn->lost ? wire_lost(conn, err) : true;
}

bool
pg_exec(struct pg_conn *conn, const char *sql, int count,
        const char *const *values, struct pg_result **result, struct err *err)
{
    PGresult *raw;
    int sent;

    if (result != NULL)
        *result = NULL;
    if (!is_usable(conn, err))
        return false;
    if (result != NULL && conn->ahead != NULL) {
        if (!ahead_take(conn, sql, count, values, result, err))
            return false;
        if (*result != NULL)
            return true;
    }
    if (conn->queue.first != NULL || conn->has_repeats) {
        pg_queue(conn, sql, count, values,
                 &(struct pg_answer){.result = result});
        return pg_settle(conn, err);
    }
    sent =
        PQsendQueryParams(conn->raw, sql, count, NULL, values, NULL, NULL, 0);
    if (!wire_finish(conn, sent, CLOCK_NEVER, &raw, err))
        return false;
    if (result == NULL) {
        PQclear(raw);
        return true;
    }
    *result = mem_alloc(sizeof(**result));
    (*result)->raw = raw;
    return true;
}

bool
pg_exec_written(struct pg_conn *conn, const char *sql, int count,
                const char *const *values, struct err *err)
{
    struct pg_result *written;
    bool done = pg_exec(conn, sql, count, values, &written, err);

    for (int row = 0; done && row < pg_rows(written); row++)
        pg_queue(conn, pg_text(written, row, 0), 0, NULL, NULL);
    pg_result_free(written);
    return done && pg_settle(conn, err);
}

static bool
simple(struct pg_conn *conn, const char *sql, int64_t deadline_ms,
       PGresult **raw, struct err *err)
{
    *raw = NULL;
    return is_usable(conn, err) &&
           wire_finish(conn, PQsendQuery(conn->raw, sql), deadline_ms, raw,
                       err);
}

/* Without a transaction around it, a script gets its own: on Citus, the
 * implicit one of a pipeline does not make its statements one change. */
bool
pg_script(struct pg_conn *conn, const char *sql, struct err *err)
{
    struct span rest = span_str(sql), first, second;
    bool begins =
        !conn->queue.begins && PQtransactionStatus(conn->raw) == PQTRANS_IDLE;
    bool ok;

    if (!is_usable(conn, err))
        return false;
    if (!script_next(&rest, &first))
        return pg_settle(conn, err);
    if (!script_next(&rest, &second))
        return pg_exec(conn, sql, 0, NULL, NULL, err);
    if (begins)
        pg_queue(conn, "BEGIN", 0, NULL, NULL);
    pg_queue_script(conn, sql, NULL);
    if (begins)
        pg_queue(conn, "COMMIT", 0, NULL, NULL);
    ok = pg_settle(conn, err);
    if (!ok && begins)
        pg_rollback(conn);
    return ok;
}

bool
pg_begin(struct pg_conn *conn, struct err *err)
{
    if (!is_usable(conn, err))
        return false;
    pg_queue(conn, "BEGIN", 0, NULL, NULL);
    conn->queue.begins = true;
    return true;
}

/* COMMIT ends a failed transaction without an error; only the tag shows that it
 * was rolled back. */
static bool
was_committed(struct pg_conn *conn, PGresult *raw, struct err *err)
{
    const char *tag = PQcmdStatus(raw);

    if (strcmp(tag, "COMMIT") == 0)
        return true;
    if (strcmp(tag, "ROLLBACK") != 0)
        return wire_senseless(conn, "COMMIT with an unknown tag", err);
    return err_set(err, MSG_ROLLED_BACK,
                   "the transaction was rolled back, not committed");
}

/* A stop does not interrupt it, because only the answer shows whether the
 * transaction was committed. */
bool
pg_commit(struct pg_conn *conn, struct err *err)
{
    PGresult *raw;
    bool was_usable = !conn->lost;
    bool ok;

    if (!pg_settle(conn, err))
        return false;
    task_shield();
    ok = simple(conn, "COMMIT", CLOCK_NEVER, &raw, err) &&
         was_committed(conn, raw, err);
    task_unshield();
    if (!ok && was_usable && conn->lost)
        err_code(err, MSG_COMMIT_UNKNOWN);
    PQclear(raw);
    return ok;
}

void
pg_rollback(struct pg_conn *conn)
{
    struct err ignored;
    PGresult *raw = NULL;

    queue_clear(conn);
    if (conn->lost || PQtransactionStatus(conn->raw) == PQTRANS_IDLE)
        return;
    task_shield();
    if (!simple(conn, "ROLLBACK", clock_after_ms(ROLLBACK_MS), &raw, &ignored))
        conn->lost = true;
    task_unshield();
    PQclear(raw);
}

bool
pg_prepare(struct pg_conn *conn, const char *name, const char *sql,
           uint32_t parameter_oid, struct err *err)
{
    Oid oids[1] = {parameter_oid};
    PGresult *raw;

    if (!pg_settle(conn, err) || !is_usable(conn, err) ||
        !wire_finish(conn,
                     PQsendPrepare(conn->raw, name, sql,
                                   parameter_oid != 0 ? 1 : 0, oids),
                     CLOCK_NEVER, &raw, err))
        return false;
    PQclear(raw);
    return true;
}
