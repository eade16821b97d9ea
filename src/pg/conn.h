/*
 * conn - one PostgreSQL session, used by tasks.
 *
 * This is the only folder that knows libpq. Each call waits in the scheduler,
 * not in libpq (except for the lookup of a host name), and reads while it
 * writes. A failure has the SQLSTATE as err->code. A lost connection has 08006.
 * A connection with an unexpected reply is given up with 08P01. sqlstate.c maps
 * SQLSTATEs to an err_kind.
 *
 * tasks_stop() ends a wait: the statement is canceled at the server, and the
 * call fails with ERR_STOPPED. The session can be used again if pg_is_alive()
 * is true. It is unknown then whether a statement outside a transaction took
 * effect. Callers shield work that must be finished (base/task.h). One task at
 * a time may use a connection.
 */
#ifndef PG_CONN_H
#define PG_CONN_H

#include <stdint.h>

#include "base/err.h"

struct pg_conn;
struct pg_result;

struct pg_config {
    const char *dsn; /* a libpq connection string; "" or NULL: PG* variables */
    const char *application_name;
    bool loader; /* synchronous_commit off: its data can be loaded again */
    bool sets_up_later;        /* the settings go with the first statement */
    bool has_repeats;          /* it executes the same statements again and
                                * again: those are prepared (pg/repeat.h) */
    int64_t answer_timeout_ms; /* silence that leads to a check; 0: never */
};

/* Silent servers. A server that hangs must be distinguished from one that works
 * for a long time; a merge may take hours without sending a byte. After
 * answer_timeout_ms without a byte, a second connection asks the same server
 * whether the backend is busy. If it is, the wait continues, with the same
 * check after the same time. If the second connection fails, or the server does
 * not know the backend, the connection is lost.
 *
 * A backend that hangs while its server answers others looks like a busy one.
 * In a pipeline (pipe.h), ten silences in a row count as a loss, because
 * batches are short. Elsewhere, a user can end such a backend with
 * pg_terminate_backend(). */

/* Does a connection string contain a password? False if it cannot be read. */
bool pg_dsn_has_password(const char *dsn);

/* The connection string with this password added. Free it with free(). */
MUST_CHECK bool pg_dsn_with_password(const char *dsn, const char *password,
                                     char **with, struct err *err);

/* Connect and set up the session (sql/session.sql), with TCP keepalives. The
 * connection string's connect_timeout, or else 15 s, limits the time for all of
 * its hosts together. Errors:
 *     ERR_CONFIG     the connection string is not valid, the database does not
 *                    exist, the server is older than PostgreSQL 14, or the
 *                    encoding is not UTF8
 *     ERR_DENIED     wrong password or role
 *     ERR_TRANSIENT  the server cannot be reached
 * The message names host, port, database and user, but no password. */
MUST_CHECK bool pg_connect(const struct pg_config *config,
                           struct pg_conn **conn, struct err *err);

/* Does a pooler give this session to other clients between transactions? Then
 * locks, settings and prepared statements do not stay with it. If there is a
 * pooler, a second connection is opened to find out. False if that cannot be
 * determined. */
bool pg_shares_session(struct pg_conn *conn, const struct pg_config *config);

/* Close the connection. A running statement ends with it. */
void pg_close(struct pg_conn *conn);

/* False if the connection is known to be lost. */
bool pg_is_alive(const struct pg_conn *conn);

/* The shortest time from sending statements to a first answer; 0: there was
 * none yet. */
int64_t pg_round_trip_ns(const struct pg_conn *conn);

/* The shortest round trip of the network, in microseconds; unlike the time
 * above, without the server's work. 0 for a Unix socket, and if the system does
 * not know it. */
int64_t pg_network_us(const struct pg_conn *conn);

/* "host:port/database", for messages. */
const char *pg_where(const struct pg_conn *conn);

/* Run one statement with text parameters (a NULL element is SQL NULL), and wait
 * for its result. `result` may be NULL if the caller does not need it;
 * otherwise free it with pg_result_free(). */
MUST_CHECK bool
pg_exec(struct pg_conn *conn, const char *sql, int count,
        const char *const *values, struct pg_result **result, struct err *err);

/* Run a statement, and then the statements that its rows contain. */
MUST_CHECK bool
pg_exec_written(struct pg_conn *conn, const char *sql, int count,
                const char *const *values, struct err *err);

/* Run a script of several statements without parameters or results. Each
 * statement is sent alone, and all are in one pipeline with one sync. Outside a
 * transaction, they get one of their own, so that all of them take effect or
 * none. */
MUST_CHECK bool
pg_script(struct pg_conn *conn, const char *sql, struct err *err);

/* Transactions. If the server answers COMMIT with ROLLBACK, pg_commit() fails
 * with ERR_FAILED and code ROLLED_BACK. If the connection was lost before the
 * answer, or the answer is neither, it fails with ERR_TRANSIENT and code
 * COMMIT_UNKNOWN. pg_rollback() does not fail, but the connection may be lost
 * after it. tasks_stop() interrupts neither of the two. */
MUST_CHECK bool pg_begin(struct pg_conn *conn, struct err *err);
MUST_CHECK bool pg_commit(struct pg_conn *conn, struct err *err);
void pg_rollback(struct pg_conn *conn);

/* Did the check of a statement fail? Such a statement divides by zero if a
 * condition does not hold, so that nothing after it in its transaction or
 * pipeline has an effect. */
bool pg_check_failed(const struct err *err);

/* ---- results ----------------------------------------------------------- */

int pg_rows(const struct pg_result *result);
bool pg_is_null(const struct pg_result *result, int row, int column);
/* "", 0 or false for NULL, and for a row that the result does not have. */
const char *pg_text(const struct pg_result *result, int row, int column);
int64_t pg_int64(const struct pg_result *result, int row, int column);
bool pg_bool(const struct pg_result *result, int row, int column);
int64_t pg_affected(const struct pg_result *result); /* rows, from the tag */
void pg_result_free(struct pg_result *result);       /* NULL is allowed */

/* A value with its length; bytes NULL for SQL NULL. Valid as long as the
 * result. */
struct span pg_value(const struct pg_result *result, int row, int column);

/* The columns: name, oid of the type, and where the values come from: oid of
 * the table and number of its column, or 0 for an expression. */
int pg_columns(const struct pg_result *result);
const char *pg_column_name(const struct pg_result *result, int column);
uint32_t pg_column_type(const struct pg_result *result, int column);
uint32_t pg_column_table(const struct pg_result *result, int column);
int pg_column_number(const struct pg_result *result, int column);

/* "libpq 15.13", for --version. */
const char *pg_version_text(void);

#endif
