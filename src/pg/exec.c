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
        done = pg_exec(conn, pg_text(written, row, 0), 0, NULL, NULL, err);
    pg_result_free(written);
    return done;
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

/* Send all statements and one sync. With `begins`, they get an explicit
 * transaction: on Citus, the implicit one of a pipeline does not make them one
 * change. */
static bool
send_script(struct pg_conn *conn, struct span script, bool begins)
{
    struct buf statement = buf_with_ceiling(script.length + 1);
    struct span next;
    bool sent = !begins || PQsendQueryParams(conn->raw, "BEGIN", 0, NULL, NULL,
                                             NULL, NULL, 0) == 1;

    while (sent && script_next(&script, &next)) {
        buf_clear(&statement);
        buf_append(&statement, next.bytes, next.length);
        sent = PQsendQueryParams(conn->raw, buf_str(&statement), 0, NULL, NULL,
                                 NULL, NULL, 0) == 1;
    }
    buf_free(&statement);
    return sent &&
           (!begins || PQsendQueryParams(conn->raw, "COMMIT", 0, NULL, NULL,
                                         NULL, NULL, 0) == 1) &&
           PQpipelineSync(conn->raw) == 1;
}

static bool
run_pipelined(struct pg_conn *conn, const char *sql, struct err *err)
{
    bool begins = PQtransactionStatus(conn->raw) == PQTRANS_IDLE;
    PGresult *raw;
    bool ok;

    if (PQenterPipelineMode(conn->raw) != 1)
        return wire_lost(conn, err);
    ok = wire_finish(conn, send_script(conn, span_str(sql), begins),
                     CLOCK_NEVER, &raw, err);
    PQclear(raw);
    if (PQexitPipelineMode(conn->raw) != 1)
        conn->lost = true;
    if (!ok && begins)
        pg_rollback(conn);
    return ok;
}

bool
pg_script(struct pg_conn *conn, const char *sql, struct err *err)
{
    struct span rest = span_str(sql), first, second;

    if (!is_usable(conn, err))
        return false;
    if (!script_next(&rest, &first))
        return true;
    if (!script_next(&rest, &second))
        return pg_exec(conn, sql, 0, NULL, NULL, err);
    return run_pipelined(conn, sql, err);
}

bool
pg_begin(struct pg_conn *conn, struct err *err)
{
    return pg_exec(conn, "BEGIN", 0, NULL, NULL, err);
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

    if (!is_usable(conn, err) ||
        !wire_finish(conn,
                     PQsendPrepare(conn->raw, name, sql,
                                   parameter_oid != 0 ? 1 : 0, oids),
                     CLOCK_NEVER, &raw, err))
        return false;
    PQclear(raw);
    return true;
}
