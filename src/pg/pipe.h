/*
 * pipe - a session in pipeline mode that sends batches and reports each of
 * them.
 *
 *     send ─► statement + sync ─► … ─► results read in order ─► on_done
 *
 * Only drain and end wait. Send puts a batch into a queue and writes what the
 * socket accepts. Two tasks of the pipe (the pump) read while they write,
 * because otherwise both sides could block for ever. libpq accepts any number
 * of batches, so the caller must limit the number of batches in flight.
 *
 * A batch is stored when its *sync* was answered, not before. An error in any
 * statement before the sync undoes the batch.
 */
#ifndef PG_PIPE_H
#define PG_PIPE_H

#include "base/span.h"
#include "base/task.h"
#include "pg/conn.h"

struct pg_pipe;

/* Called for each batch, in the order of sending. `err` is NULL if the batch is
 * stored. Otherwise no row of it is, and `err` has the reason. The pump or
 * pg_pipe_end() calls it, but not pg_pipe_send(). It must not wait. */
typedef void pg_pipe_done_fn(void *ctx, void *batch, const struct err *err);

/* Prepare `sql` under `name`, with one parameter of the type `parameter_oid`,
 * or without a parameter if that is 0. Call it before pg_pipe_begin(). */
MUST_CHECK bool
pg_prepare(struct pg_conn *conn, const char *name, const char *sql,
           uint32_t parameter_oid, struct err *err);

/* Enter pipeline mode and start the pump. `conn` is borrowed; nothing else may
 * use it until pg_pipe_end(). */
MUST_CHECK bool
pg_pipe_begin(struct pg_conn *conn, pg_pipe_done_fn *on_done, void *ctx,
              struct pg_pipe **pipe, struct err *err);

/* Queue one execution of the prepared statement `name`, and its sync.
 * `parameter` is binary; its bytes are NULL if the statement has none. `name`
 * and `parameter` are borrowed and must not change until the batch has been
 * reported. If the server answers a COMMIT with ROLLBACK, the batch is reported
 * as ROLLED_BACK. False if the connection is lost; on_done then reports that
 * error for the batches sent before. */
MUST_CHECK bool
pg_pipe_send(struct pg_pipe *pipe, const char *name, struct span parameter,
             void *batch, struct err *err);

/* Queue pg_prepare(), with a sync of its own: the statements that are sent
 * after it may execute it. It is reported like a batch, which is NULL. Copies
 * `sql`; `name` is borrowed as above. */
MUST_CHECK bool
pg_pipe_prepare(struct pg_pipe *pipe, const char *name, const char *sql,
                uint32_t parameter_oid, struct err *err);

/* The number of batches sent and not yet reported. */
size_t pg_pipe_in_flight(const struct pg_pipe *pipe);

/* Wait until every batch has been reported. False if the connection was lost.
 */
MUST_CHECK bool pg_pipe_drain(struct pg_pipe *pipe, struct err *err);

/* Stop the pump, leave pipeline mode, and free the pipe. Batches in flight are
 * reported as failed first, although the server may have stored them. If their
 * answers do not arrive within 5 s, the connection is lost. */
void pg_pipe_end(struct pg_pipe *pipe);

#endif
