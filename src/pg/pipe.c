/*
 * Batches go out in pipeline mode, each followed by a sync. The answer to the
 * sync, and not the one to its statement, says that the batch is in.
 *
 *     queued ─► sent ─► its results ─► sync ─► on_done
 *                           └─ failed: the rest is skipped until the sync
 *
 * Two tasks drive it, see struct pg_pipe. libpq takes every byte that it is
 * given, so the bound is the caller's: the ring of batches.
 *
 * Hazards. on_done is called in the order of sending, once for each batch, also
 * if the connection is lost. A server that says nothing is asked about as
 * conn.h describes; ten silences in a row are a loss.
 */
#include "pg/pipe.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "pg/wire.h"

/* ROUNDS: results taken before others get their turn. DISCARD_MS: how long
 * the answers of batches given up are waited for. SILENCES_MOST: a batch is
 * small, so one that the server works at for longer hangs. */
enum {
    ROUNDS = 64,
    DISCARD_MS = 5000,
    FIRST_CAPACITY = 64,
    SILENCES_MOST = 10
};

/* A statement to execute, and what it is reported as. */
struct item {
    const char *name;
    struct span parameter;
    void *batch;
};

/* The pump is two tasks, since one task waits for one thing: the reader waits
 * for answers while some are due, the writer for room while bytes are left
 * over. libpq closes its socket the moment it finds the connection lost, in
 * whichever task that is; both wait on a duplicate, which cannot become
 * somebody else's descriptor meanwhile and which shutdown(2) makes ready. */
struct pg_pipe {
    struct pg_conn *conn;
    pg_pipe_done_fn *on_done;
    void *ctx;
    int fd; /* the duplicate, owned */

    struct item *items; /* ring: those in flight, oldest at `first` */
    size_t capacity;
    size_t first;
    size_t count;
    size_t handed;    /* the oldest of them, which libpq has */
    size_t discarded; /* given up by end: answers due that nobody wants */

    bool done;          /* the batch being answered has its statement's yes */
    bool refused;       /* `failure` is why the batch being answered failed */
    struct err failure; /* its first error */
    bool after_null;    /* the last result was a NULL */
    bool unsent;        /* libpq holds bytes the socket did not take */
    int64_t taken_ms;   /* when it took some last */
    int silences;       /* in a row, since something was read */
    bool broken;        /* found lost; the reader has not reported it yet */
    bool lost;          /* ... and now it has */
    struct err loss;    /* why, for both */
    bool ending;
    int running; /* tasks of the pump */

    struct task_queue changed;
    struct task_queue to_read;
    struct task_queue to_write;
    struct task_queue ended;
};

/* ---- batches in flight ------------------------------------------------- */

static struct item *
item_at(const struct pg_pipe *pipe, size_t i)
{
    return &pipe->items[(pipe->first + i) % pipe->capacity];
}

static void
push_item(struct pg_pipe *pipe, const struct item *item)
{
    if (pipe->count == pipe->capacity) {
        size_t capacity =
            pipe->capacity > 0 ? 2 * pipe->capacity : FIRST_CAPACITY;
        struct item *items = mem_array(capacity, sizeof(*items));

        for (size_t i = 0; i < pipe->count; i++)
            items[i] = *item_at(pipe, i);
        free(pipe->items);
        pipe->items = items;
        pipe->capacity = capacity;
        pipe->first = 0;
    }
    *item_at(pipe, pipe->count++) = *item;
}

static void
report_oldest(struct pg_pipe *pipe, const struct err *err)
{
    void *batch = item_at(pipe, 0)->batch;

    pipe->first = (pipe->first + 1) % pipe->capacity;
    pipe->count--;
    if (pipe->handed > 0)
        pipe->handed--;
    pipe->on_done(pipe->ctx, batch, err);
    task_wake_all(&pipe->changed);
}

static void
report_all(struct pg_pipe *pipe, const struct err *err)
{
    while (pipe->count > 0)
        report_oldest(pipe, err);
}

static bool
answers_are_due(const struct pg_pipe *pipe)
{
    return pipe->handed + pipe->discarded > 0;
}

/* ---- losing the connection --------------------------------------------- */

/* Found lost, perhaps by a sender, who must not be called back from inside
 * its own call: the reader is made to look. */
static void
break_off(struct pg_pipe *pipe)
{
    if (!pipe->broken) {
        pipe->broken = true;
        if (pipe->refused && PQstatus(pipe->conn->raw) == CONNECTION_BAD) {
            pipe->loss = pipe->failure; /* the server's last words */
            pipe->loss.kind = ERR_TRANSIENT;
        } else {
            wire_lost(pipe->conn, &pipe->loss);
        }
        pipe->conn->lost = true;
    }
    shutdown(pipe->fd, SHUT_RDWR);
    task_wake_all(&pipe->to_read);
    task_wake_all(&pipe->to_write);
}

static void
report_loss(struct pg_pipe *pipe)
{
    pipe->lost = true;
    pipe->discarded = 0;
    report_all(pipe, &pipe->loss);
    task_wake_all(&pipe->changed);
}

/* ---- reading ----------------------------------------------------------- */

/* The sync has answered: what came before it counts now. A batch is in when
 * its statement was said to be done, not when nothing was said against it. */
static void
finish_batch(struct pg_pipe *pipe)
{
    bool refused = pipe->refused || !pipe->done;

    if (!pipe->refused && !pipe->done) {
        err_set(&pipe->failure, MSG_08P01, "%s answers nothing to a batch",
                pipe->conn->where);
    }
    pipe->refused = pipe->done = false;
    if (pipe->discarded > 0)
        pipe->discarded--;
    else
        report_oldest(pipe, refused ? &pipe->failure : NULL);
}

/* A COMMIT of a transaction that failed before succeeds as a ROLLBACK. */
static void
note_rollback(struct pg_pipe *pipe, PGresult *result)
{
    if (pipe->refused || strcmp(PQcmdStatus(result), "ROLLBACK") != 0)
        return;
    err_set(&pipe->failure, MSG_ROLLED_BACK,
            "the transaction was rolled back, not committed");
    pipe->refused = true;
}

static void
take_answer(struct pg_pipe *pipe, PGresult *result)
{
    switch (PQresultStatus(result)) {
    case PGRES_PIPELINE_SYNC:
        finish_batch(pipe);
        break;
    case PGRES_COMMAND_OK:
        note_rollback(pipe, result);
        pipe->done = true;
        break;
    case PGRES_TUPLES_OK:
        pipe->done = true;
        break;
    case PGRES_FATAL_ERROR:
    case PGRES_BAD_RESPONSE:
        if (!pipe->refused)
            wire_refused(result, &pipe->failure);
        pipe->refused = true;
        if (PQresultErrorField(result, PG_DIAG_SQLSTATE) == NULL)
            break_off(pipe); /* libpq's own: it may have lost count */
        break;
    case PGRES_COPY_IN: /* would be returned again for ever */
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH:
        break_off(pipe);
        break;
    default: /* aborted by the error before it */
        break;
    }
}

/* One result, if one is here. A statement's results end in a NULL, a sync's
 * do not; two NULLs in a row are libpq having nothing more for now. */
static bool
take_result(struct pg_pipe *pipe)
{
    PGconn *raw = pipe->conn->raw;
    PGresult *result;

    if (pipe->broken || !answers_are_due(pipe) || PQisBusy(raw))
        return false;
    result = PQgetResult(raw);
    if (result == NULL) {
        bool again = pipe->after_null;

        pipe->after_null = true;
        return !again;
    }
    pipe->after_null = false;
    take_answer(pipe, result);
    PQclear(result);
    return true;
}

static void
take_results(struct pg_pipe *pipe)
{
    int rounds = 0;

    while (take_result(pipe)) {
        if (++rounds == ROUNDS) {
            rounds = 0;
            task_yield();
        }
    }
}

/* A sync that libpq has no memory to tell is one it never tells. */
static bool
forgets_syncs(PGconn *raw)
{
    return strstr(PQerrorMessage(raw), "out of memory") != NULL;
}

/* Answers that came before the end of the connection still count. */
static void
receive(struct pg_pipe *pipe)
{
    PGconn *raw = pipe->conn->raw;
    bool alive = PQconsumeInput(raw) == 1;

    pipe->silences = 0;
    take_results(pipe);
    if (!alive || PQstatus(raw) == CONNECTION_BAD || forgets_syncs(raw))
        break_off(pipe);
}

/* Nothing was read for the answer timeout: is that the end? */
static bool
is_silent_for_good(struct pg_pipe *pipe)
{
    if (clock_after_ms(-pipe->conn->answer_timeout_ms) < pipe->taken_ms)
        return false; /* a large batch is still on its way */
    return ++pipe->silences == SILENCES_MOST || !watch_is_working(pipe->conn);
}

static void
wait_for_answers(struct pg_pipe *pipe)
{
    int64_t timeout_ms = pipe->conn->answer_timeout_ms;
    int64_t deadline_ms =
        timeout_ms > 0 ? clock_after_ms(timeout_ms) : CLOCK_NEVER;

    if (task_wait_fd(pipe->fd, POLLIN, deadline_ms) == TASK_TIMEOUT) {
        if (!is_silent_for_good(pipe))
            return;
        pipe->broken = true;
        wire_silent(pipe->conn, &pipe->loss);
        break_off(pipe);
    } else if (!pipe->broken) {
        receive(pipe);
    }
}

static bool
is_over(const struct pg_pipe *pipe)
{
    return pipe->lost || (pipe->ending && !answers_are_due(pipe));
}

static void
end_task(struct pg_pipe *pipe)
{
    pipe->running--;
    task_wake_all(&pipe->to_write); /* its turn to look whether all is over */
    task_wake_all(&pipe->ended);
}

/* Shielded: the pump ends when pg_pipe_end() says so, not by a signal. */
static void
read_answers(void *ctx)
{
    struct pg_pipe *pipe = ctx;

    task_shield();
    while (!is_over(pipe)) {
        if (pipe->broken)
            report_loss(pipe);
        else if (answers_are_due(pipe))
            wait_for_answers(pipe);
        else
            task_wait(&pipe->to_read, CLOCK_NEVER);
    }
    task_unshield();
    end_task(pipe);
}

/* ---- writing ----------------------------------------------------------- */

static void
flush(struct pg_pipe *pipe)
{
    int left = PQflush(pipe->conn->raw);

    pipe->unsent = left == 1;
    if (left < 0)
        break_off(pipe);
    else if (pipe->unsent)
        task_wake_all(&pipe->to_write);
}

/* One batch at a time, once the socket has taken the one before: libpq's copy
 * of what the server is not ready for would be as large as all of it, and be
 * moved for every piece that leaves. */
static void
hand_over(struct pg_pipe *pipe)
{
    PGconn *raw = pipe->conn->raw;

    while (!pipe->broken && !pipe->unsent && pipe->handed < pipe->count) {
        const struct item *item = item_at(pipe, pipe->handed++);
        const char *values[1] = {item->parameter.bytes};
        int lengths[1] = {(int)item->parameter.length};
        int formats[1] = {1};

        if (PQsendQueryPrepared(raw, item->name, values[0] != NULL ? 1 : 0,
                                values, lengths, formats, 0) == 1 &&
            PQpipelineSync(raw) == 1)
            flush(pipe);
        else
            break_off(pipe); /* half a batch is queued, perhaps */
        task_wake_all(&pipe->to_read);
    }
}

/* Waits for POLLIN too, so that a hang-up wakes it with a full socket; what
 * can be read, the reader reads. */
static void
write_rest(void *ctx)
{
    struct pg_pipe *pipe = ctx;

    task_shield();
    while (!is_over(pipe)) {
        if (pipe->broken || !pipe->unsent) {
            task_wait(&pipe->to_write, CLOCK_NEVER);
        } else {
            task_wait_fd(pipe->fd, POLLIN | POLLOUT, CLOCK_NEVER);
            pipe->taken_ms = clock_now_ms();
            if (!pipe->broken)
                flush(pipe);
            hand_over(pipe);
        }
    }
    task_unshield();
    end_task(pipe);
}

/* ---- outside ----------------------------------------------------------- */

bool
pg_pipe_begin(struct pg_conn *conn, pg_pipe_done_fn *on_done, void *ctx,
              struct pg_pipe **result, struct err *err)
{
    struct pg_pipe *pipe;
    int fd;

    *result = NULL;
    if (conn->lost || PQsocket(conn->raw) < 0 ||
        PQenterPipelineMode(conn->raw) != 1)
        return wire_lost(conn, err);
    fd = fcntl(PQsocket(conn->raw), F_DUPFD_CLOEXEC, 0);
    if (fd < 0) {
        PQexitPipelineMode(conn->raw);
        return err_set(err, MSG_GIVEN_UP, "cannot duplicate a socket");
    }
    pipe = mem_alloc(sizeof(*pipe));
    pipe->conn = conn;
    pipe->on_done = on_done;
    pipe->ctx = ctx;
    pipe->fd = fd;
    pipe->running = 2;
    task_spawn("pipe reader", read_answers, pipe);
    task_spawn("pipe writer", write_rest, pipe);
    *result = pipe;
    return true;
}

bool
pg_pipe_send(struct pg_pipe *pipe, const char *name, struct span parameter,
             void *batch, struct err *err)
{
    struct item item = {.name = name, .parameter = parameter, .batch = batch};

    if (pipe->broken) {
        *err = pipe->loss;
        return false;
    }
    push_item(pipe, &item);
    if (pipe->unsent) /* the pump may not have had its turn for a while */
        flush(pipe);
    hand_over(pipe);
    return true;
}

size_t
pg_pipe_in_flight(const struct pg_pipe *pipe)
{
    return pipe->count;
}

bool
pg_pipe_drain(struct pg_pipe *pipe, struct err *err)
{
    while (pipe->count > 0)
        if (task_wait(&pipe->changed, CLOCK_NEVER) == TASK_STOPPED)
            return task_stopped(err);
    if (pipe->broken)
        *err = pipe->loss;
    return !pipe->broken;
}

/* Their answers still have to be read before the session is free again. */
static void
give_up_batches(struct pg_pipe *pipe)
{
    struct err err;

    if (pipe->broken || pipe->count == 0)
        return;
    err_set(&err, MSG_GIVEN_UP, "given up before its answer came");
    pipe->discarded = pipe->handed;
    report_all(pipe, &err);
}

static void
join_pump(struct pg_pipe *pipe)
{
    int64_t deadline_ms = clock_after_ms(DISCARD_MS);

    pipe->ending = true;
    task_wake_all(&pipe->to_read);
    task_wake_all(&pipe->to_write);
    while (pipe->running > 0) {
        if (task_wait(&pipe->ended, deadline_ms) == TASK_TIMEOUT) {
            break_off(pipe);
            deadline_ms = CLOCK_NEVER;
        }
    }
}

void
pg_pipe_end(struct pg_pipe *pipe)
{
    if (pipe == NULL)
        return;
    task_shield();
    give_up_batches(pipe);
    join_pump(pipe);
    task_unshield();
    if (PQexitPipelineMode(pipe->conn->raw) != 1)
        pipe->conn->lost = true;
    close(pipe->fd);
    free(pipe->items);
    free(pipe);
}
