/*
 * conn - one PostgreSQL session, driven from inside tasks.
 *
 * The only folder that knows libpq. Every call waits in the scheduler, never
 * in libpq (looking up a host's name excepted), and reads while it writes.
 * Failures carry the SQLSTATE as err->code, a lost connection 08006, one that
 * answers what makes no sense, and is given up, 08P01; SQLSTATE is mapped to
 * an err_kind in one place (sqlstate.c).
 *
 * tasks_stop() ends a wait: the statement is canceled at the server, the call
 * fails with ERR_STOPPED, and the session can be used on unless
 * pg_is_alive() says otherwise. Whether a statement outside a transaction had
 * its effect is then unknown; what must be finished is shielded by its caller.
 * A connection is used by one task at a time.
 */
#ifndef PG_CONN_H
#define PG_CONN_H

#include <stdint.h>

#include "base/err.h"

struct pg_conn;
struct pg_result;

struct pg_config {
    const char *dsn; /* any libpq connection string; "" or NULL: PG* */
    const char *application_name;
    bool loader; /* synchronous_commit off: what it writes can be rebuilt */
    int64_t answer_timeout_ms; /* silence that is looked into; 0: none is */
};

/* A server that stops answering is told from one that works for long: after
 * answer_timeout_ms without a byte the same server is asked, through a second
 * connection, whether our backend is at work. If it is, it is waited for, and
 * asked about again after as long; a merge may say nothing for hours. If that
 * connection cannot be made, or knows no such backend, ours is lost. One
 * backend that hangs while its server answers others cannot be told from one
 * that works, but batches of a pipeline are short: there ten silences in a row
 * are the loss. Elsewhere pg_terminate_backend() ends it. */

/* Connect and prepare the session: search_path pg_catalog, TimeZone UTC,
 * client_encoding UTF8, statement_timeout 0, read committed, DateStyle ISO,
 * bytea hex, keepalives, client_connection_check_interval where the server
 * has it. Given up after the connection string's connect_timeout, else 15 s,
 * over all its hosts together. PostgreSQL 14 or later with encoding UTF8,
 * else ERR_CONFIG, as is a connection string that is wrong or a database that
 * does not exist. Out of reach: ERR_TRANSIENT; wrong password or role:
 * ERR_DENIED. The message names host, port, database and user, never a
 * password. */
/* Does a connection string hold a password? False, too, if it cannot be read.
 */
bool pg_dsn_has_password(const char *dsn);

/* The connection string with this password in it; free with free(). */
MUST_CHECK bool pg_dsn_with_password(const char *dsn, const char *password,
                                     char **with, struct err *err);

MUST_CHECK bool pg_connect(const struct pg_config *config,
                           struct pg_conn **conn, struct err *err);

/* Does a pooler give our session to others between two transactions? Locks,
 * settings and prepared statements are then not ours. Seen by a second
 * connection, which is opened only where there is a pooler; false where that
 * does not tell. */
bool pg_shares_session(struct pg_conn *conn, const struct pg_config *config);

/* Close; a statement under way is left to die with the connection. */
void pg_close(struct pg_conn *conn);

/* False once the connection is known to be lost. */
bool pg_is_alive(const struct pg_conn *conn);

/* "host:port/database", for messages. */
const char *pg_where(const struct pg_conn *conn);

/* Run one statement with text parameters (a NULL element is SQL NULL) and
 * wait for its result. `result` may be NULL when only success counts; else
 * free it with pg_result_free(). */
MUST_CHECK bool
pg_exec(struct pg_conn *conn, const char *sql, int count,
        const char *const *values, struct pg_result **result, struct err *err);

/* Run a statement whose rows are statements, and then these. */
MUST_CHECK bool
pg_exec_written(struct pg_conn *conn, const char *sql, int count,
                const char *const *values, struct err *err);

/* Run a script of several statements, without parameters or results: each is
 * sent by itself, all in one pipeline with one sync. Outside a transaction they
 * get one of their own, so that all of them count or none. */
MUST_CHECK bool
pg_script(struct pg_conn *conn, const char *sql, struct err *err);

/* Transactions. Commit fails (ERR_FAILED, code ROLLED_BACK) when the server's
 * tag says ROLLBACK, and with code COMMIT_UNKNOWN (ERR_TRANSIENT) when the
 * connection was lost before its answer, or has no tag of COMMIT's. Rollback
 * never fails: at worst the connection is lost. Neither is given up by a stop.
 * */
MUST_CHECK bool pg_begin(struct pg_conn *conn, struct err *err);
MUST_CHECK bool pg_commit(struct pg_conn *conn, struct err *err);
void pg_rollback(struct pg_conn *conn);

/* ---- results ----------------------------------------------------------- */

int pg_rows(const struct pg_result *result);
bool pg_is_null(const struct pg_result *result, int row, int column);
/* "", 0 and false for NULL, and for a row that did not come. */
const char *pg_text(const struct pg_result *result, int row, int column);
int64_t pg_int64(const struct pg_result *result, int row, int column);
bool pg_bool(const struct pg_result *result, int row, int column);
int64_t pg_affected(const struct pg_result *result); /* from the tag */
void pg_result_free(struct pg_result *result);       /* NULL is fine */

/* "libpq 15.13": what --version says. */
const char *pg_version_text(void);

#endif
