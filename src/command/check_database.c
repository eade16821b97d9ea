#include "command/check_database.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "job/control.h"
#include "sql.h"

/* Run a statement on the control connection. */
static bool
ask(struct context *context, const char *sql, const char *parameter,
    struct pg_result **result, struct err *err)
{
    const char *values[] = {parameter};
    struct pg_conn *conn;
    bool asked;

    if (!journal_borrow(context->journal, &conn, err))
        return false;
    asked = pg_exec(conn, sql, parameter != NULL, values, result, err);
    journal_give_back(context->journal);
    return asked;
}

/* ---- the server -------------------------------------------------------- */

static void
check_server(struct context *context, struct verdicts *verdicts)
{
    struct pg_result *result;
    struct err err;
    char detail[256];

    if (!ask(context, sql_check_server, NULL, &result, &err)) {
        verdict_error(verdicts, "database", &err);
        return;
    }
    snprintf(detail, sizeof(detail), "%s, PostgreSQL %s, role %s",
             pg_where(context->control), pg_text(result, 0, 0),
             pg_text(result, 0, 1));
    if (pg_bool(result, 0, 2)) {
        err_set(&err, MSG_25006, "%s is a standby, which is read-only",
                pg_where(context->control));
        err_as(&err, ERR_CONFIG);
        verdict_error(verdicts, "database", &err);
    } else {
        verdict_ok(verdicts, "database", detail);
    }
    pg_result_free(result);
}

static void
check_settings(struct context *context, struct verdicts *verdicts)
{
    struct pg_result *result;
    struct err err;

    if (!ask(context, sql_check_settings, NULL, &result, &err)) {
        verdict_error(verdicts, "database", &err);
        return;
    }
    for (int row = 0; row < pg_rows(result); row++) {
        err_set(&err, MSG_DATABASE_SETTING, "%s", pg_text(result, row, 0));
        err_hint(&err, "%s", pg_text(result, row, 1));
        verdict_warn(verdicts, "database", &err);
    }
    pg_result_free(result);
}

/* A load needs `connections` further connections. The journal's connection is
 * already open. */
static void
check_room(struct context *context, struct verdicts *verdicts)
{
    int needed = context->config.connections;
    int64_t free_connections;
    struct err err;

    if (!journal_free_connections(context->journal, &free_connections, &err)) {
        verdict_error(verdicts, "database", &err);
        return;
    }
    if (free_connections >= needed)
        return;
    err_set(&err, MSG_FEW_CONNECTIONS,
            "the server has room for %" PRId64 " more connection%s, but a "
            "load needs %d",
            free_connections, free_connections == 1 ? "" : "s", needed);
    verdict_warn(verdicts, "database", &err);
}

/* ---- rights ------------------------------------------------------------ */

static bool
check_reader(struct context *context, const char *role, struct err *err)
{
    struct pg_result *result;
    bool exists;

    if (!ask(context, sql_journal_role, role, &result, err))
        return false;
    exists = pg_bool(result, 0, 0);
    pg_result_free(result);
    return exists ||
           err_set(err, MSG_NO_ROLE, "%sreaders: role %s does not exist",
                   context->config.readers_where, role);
}

static void
check_readers(struct context *context, struct verdicts *verdicts)
{
    const char *const *role = context->config.readers;
    struct err err;

    for (; *role != NULL; role++)
        if (!check_reader(context, *role, &err))
            verdict_error(verdicts, "database", &err);
}

/* ---- the journal ------------------------------------------------------- */

static void
check_journal(struct context *context, struct verdicts *verdicts)
{
    struct pg_result *result;
    struct err err;
    char detail[256], keep[32];

    if (!ask(context, sql_check_journal, NULL, &result, &err)) {
        verdict_error(verdicts, "journal", &err);
        return;
    }
    snprintf(detail, sizeof(detail),
             "version %" PRId64 ", %" PRId64 " runs of %" PRId64
             " jobs, %s, kept for %s",
             pg_int64(result, 0, 3), pg_int64(result, 0, 0),
             pg_int64(result, 0, 1), pg_text(result, 0, 2),
             duration_format(context->config.tuning.journal_keep_ms, keep));
    verdict_ok(verdicts, "journal", detail);
    pg_result_free(result);
}

void
check_database(struct context *context, struct verdicts *verdicts)
{
    struct err err;

    if (!control_open(context, true, &err)) {
        verdict_error(verdicts, "database", &err);
        return;
    }
    check_server(context, verdicts);
    check_settings(context, verdicts);
    check_room(context, verdicts);
    check_readers(context, verdicts);
    check_journal(context, verdicts);
}
