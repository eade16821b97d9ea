/*
 * queue - statements that are sent together, with one wait for all answers.
 *
 *     pg_queue() … pg_queue() ─► pg_settle(): send all, wait, take all answers
 *
 * The server executes them in order, so one may rely on those before it. A
 * caller that needs an answer before the next statement must settle first.
 *
 * pg_exec(), pg_script() and pg_prepare() send what is queued first, in the
 * same wait, and fail if it fails. pg_begin() only queues its BEGIN.
 *
 * A question can also be asked ahead: pg_ask_ahead() queues it, and pg_exec()
 * with the same statement and parameters takes the answer instead of asking. So
 * code that asks one question after the other waits once for all of them.
 *
 * If a statement fails, the server skips those after it, up to the next
 * pg_queue_sync(). Outside a transaction, the statements between two syncs are
 * one change, except on Citus; a change of several statements is a transaction.
 */
#ifndef PG_QUEUE_H
#define PG_QUEUE_H

#include <stddef.h>

#include "base/arena.h"
#include "pg/conn.h"

struct queued;
struct ahead;

/* What waits to be sent on a connection. For src/pg only. */
struct queue {
    struct arena arena; /* has the statements */
    struct queued *first;
    struct queued *last;
    size_t count; /* without syncs */
    size_t syncs;
    bool begins; /* the statements so far leave a transaction open */
};

/* One row's number; NULL is SQL NULL. Must not wait. */
typedef void pg_number_fn(void *ctx, const int64_t *number);

/* Where the answer to a statement goes; NULL: nowhere. The places must exist
 * until the statement is settled. A statement that fails or is skipped leaves
 * them as they are, except `result`, which is then NULL. on_number() gets each
 * row of a SELECT of one bigint as it arrives, so that any number of rows needs
 * no memory; some may have arrived before a failure. */
struct pg_answer {
    struct pg_result **result; /* free it with pg_result_free() */
    int64_t *affected;         /* as pg_affected() */
    int64_t *number;           /* the first column of the first row */
    pg_number_fn *on_number;
    void *ctx;
    const char *doing; /* an error's message begins with it */
};

/* Queue a statement. Copies it and its parameters. */
void pg_queue(struct pg_conn *conn, const char *sql, int count,
              const char *const *values, const struct pg_answer *answer);

/* Queue the statements of a script, without a transaction of their own. */
void pg_queue_script(struct pg_conn *conn, const char *sql,
                     const struct pg_answer *answer);

/* Queue pg_prepare(). */
void pg_queue_prepare(struct pg_conn *conn, const char *name, const char *sql,
                      uint32_t parameter_oid);

/* An error of a statement before this does not skip the statements after it,
 * unless both are in one transaction. */
void pg_queue_sync(struct pg_conn *conn);

/* Send everything that is queued, and wait for the answers. Without queued
 * statements it succeeds at once. */
MUST_CHECK bool pg_settle(struct pg_conn *conn, struct err *err);

/* Ask a question that changes nothing, outside a transaction. If it fails,
 * pg_exec() asks again, and reports the error. `owner` tells whose question it
 * is. */
void pg_ask_ahead(struct pg_conn *conn, const void *owner, const char *sql,
                  int count, const char *const *values);

/* Forget the answers that the owner has not taken: they get out of date. */
void pg_forget_ahead(struct pg_conn *conn, const void *owner);

/* Queue a statement between two syncs, whose error does not matter. For src/pg
 * only. */
void queue_optional(struct pg_conn *conn, const char *sql, int count,
                    const char *const *values, const struct pg_answer *answer);

/* Forget what is queued. For src/pg only. */
void queue_clear(struct pg_conn *conn);

/* Take an answer to a question that was asked ahead. *result is NULL if there
 * is none. False if the connection failed. For src/pg only. */
MUST_CHECK bool ahead_take(struct pg_conn *conn, const char *sql, int count,
                           const char *const *values, struct pg_result **result,
                           struct err *err);

#endif
