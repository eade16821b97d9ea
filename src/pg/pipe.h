/*
 * pipe - a session in pipeline mode that takes batches and tells when each is
 * in.
 *
 *     send ─► statement + sync ─► … ─► results read in order ─► on_done
 *
 * Nothing here waits but drain and end: sending only queues and flushes what
 * the socket takes, and tasks of the pipe's own (the pump) read while they
 * write, since otherwise both sides can block for ever.
 * libpq never refuses a row, so the bound on what is in flight is the
 * caller's: it must not send more batches than it owns.
 *
 * A batch is in the table when its *sync* has answered, not before: an error
 * at any statement before the sync undoes it.
 */
#ifndef PG_PIPE_H
#define PG_PIPE_H

#include "base/span.h"
#include "base/task.h"
#include "pg/conn.h"

struct pg_pipe;

/* One batch, in the order sent. `err` is NULL when it is in; otherwise why
 * not, and none of it is. Called from the pump or pg_pipe_end(), never from
 * pg_pipe_send(): must not wait. */
typedef void pg_pipe_done_fn(void *ctx, void *batch, const struct err *err);

/* Prepare `sql` under `name` before pg_pipe_begin(), with one parameter of type
 * `parameter_oid`; 0: without a parameter. */
MUST_CHECK bool
pg_prepare(struct pg_conn *conn, const char *name, const char *sql,
           uint32_t parameter_oid, struct err *err);

/* Enter pipeline mode and start the pump. `conn` is borrowed and must not be
 * used otherwise until pg_pipe_end(). */
MUST_CHECK bool
pg_pipe_begin(struct pg_conn *conn, pg_pipe_done_fn *on_done, void *ctx,
              struct pg_pipe **pipe, struct err *err);

/* Queue one execution of prepared statement `name` with `parameter` (binary;
 * its bytes are NULL for a statement that takes none) and its sync. A COMMIT
 * that the server turns into a ROLLBACK is reported as ROLLED_BACK. Both stay
 * the caller's, and as they are until the batch has been reported. False when
 * the connection is lost; batches sent before are then reported by on_done with
 * that error. */
MUST_CHECK bool
pg_pipe_send(struct pg_pipe *pipe, const char *name, struct span parameter,
             void *batch, struct err *err);

/* Batches sent and not yet reported. */
size_t pg_pipe_in_flight(const struct pg_pipe *pipe);

/* Wait until every batch sent has been reported. False when the connection
 * was lost. */
MUST_CHECK bool pg_pipe_drain(struct pg_pipe *pipe, struct err *err);

/* Stop the pump, leave pipeline mode where the connection lives, and free.
 * Batches still in flight are reported as failed first; they may be in all the
 * same. Where their answers do not come within 5 s the connection is lost. */
void pg_pipe_end(struct pg_pipe *pipe);

#endif
