/*
 * notify - what other sessions tell a session with NOTIFY.
 *
 *     pg_listen() ─► the statement goes with the next one that is sent
 *     ─► pg_wait_notified() ─► pg_hear() ─► heard(), once for each payload
 *
 * heard() is also called after other statements, because what was told
 * meanwhile arrives with their answers.
 */
#ifndef PG_NOTIFY_H
#define PG_NOTIFY_H

#include "base/task.h"
#include "pg/conn.h"

/* Must not wait. */
typedef void pg_heard_fn(void *ctx, const char *payload);

/* Queue a LISTEN, whose error does not matter. `channel` is a plain name, and
 * one is enough. */
void pg_listen(struct pg_conn *conn, const char *channel, pg_heard_fn *heard,
               void *ctx);

/* Wait until something has arrived that was not asked for. While another task
 * uses the connection, that may be its answers. The connection may be closed
 * meanwhile. */
enum task_wake
pg_wait_notified(const struct pg_conn *conn, int64_t deadline_ms);

/* Take what has arrived, without waiting. No other task may use the connection
 * now. */
void pg_hear(struct pg_conn *conn);

/* Call heard() for what was received. For src/pg only. */
void notify_take(struct pg_conn *conn);

#endif
