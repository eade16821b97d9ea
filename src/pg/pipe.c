/*
 * Batches are sent in pipeline mode, each followed by a sync. A batch is stored
 * when the sync was answered, not when its statement was.
 *
 *     queued ─► sent ─► its results ─► sync ─► on_done
 *                           └─ failed: the rest is skipped until the sync
 *
 * Two tasks work on it, see struct pg_pipe. libpq accepts every byte, so the
 * caller limits the batches in flight with its ring of batches.
 *
 * Hazards:
 * - on_done is called in the order of sending, exactly once for each batch,
 *   even if the connection is lost.
 * - A silent server is checked as conn.h describes. Ten silences in a row count
 *   as a loss.
 */
#include "pg/pipe.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "pg/queue.h"
#include "pg/wire.h"

enum {
    ROUNDS = 64,       /* results read before other tasks get their turn */
    DISCARD_MS = 5000, /* wait for the answers to discarded batches */
    FIRST_CAPACITY = 64,
    SILENCES_MOST = 10 /* batches are small, so a longer silence is a hang */
};

/* A statement to execute, or to prepare; `batch` identifies it in on_done. */
struct item {
    const char *name;
    char *sql; /* to prepare, owned; NULL: to execute, or handed to libpq */
    Oid parameter_oid;
    struct span parameter;
    void *batch;
};

/* The pump has two tasks, because a task waits for one thing only. The reader
 * waits for answers while some are due. The writer waits until the socket
 * accepts more, while libpq has unsent bytes.
 *
 * libpq closes its socket as soon as it finds that the connection is lost, in
 * either task. Therefore both wait on a duplicate: another file cannot get its
 * number meanwhile, and shutdown(2) makes it ready. */
struct pg_pipe {
    struct pg_conn *conn;
    pg_pipe_done_fn *on_done;
    void *ctx;
    int fd; /* the duplicate, owned */

    struct item *items; /* a ring of the batches in flight */
    size_t capacity;
    size_t first; /* the oldest one */
    size_t count;
    size_t handed;    /* how many of them, from the oldest, libpq has */
    size_t discarded; /* answers due to batches that were given up */

    bool done;          /* the statement of the current batch succeeded */
    bool refused;       /* the current batch failed, with `failure` */
    struct err failure; /* its first error */
    bool after_null;    /* the last result was NULL */
    bool unsent;        /* libpq has bytes that the socket did not accept */
    int64_t taken_ms;   /* when the socket accepted bytes last */
    int silences;       /* in a row, since the last byte was read */
    bool broken;        /* the connection is lost, */
    bool lost;          /* and the reader has reported that */
    struct err loss;    /* the reason of the loss */
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

    free(item_at(pipe, 0)->sql);
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

/* The connection is lost. The caller may be pg_pipe_send(), from which on_done
 * must not be called. Therefore only the reader reports the loss; it is woken
 * here. */
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

/* The sync was answered, so the current batch is complete. It is stored only if
 * its statement was answered with success; the absence of an error is not
 * enough. */
static void
finish_batch(struct pg_pipe *pipe)
{
    bool refused = pipe->refused || !pipe->done;

    if (!pipe->refused && !pipe->done) {
        err_set(&pipe->failure, MSG_08P01, "%s did not answer a batch",
                pipe->conn->where);
    }
    pipe->refused = pipe->done = false;
    if (pipe->discarded > 0)
        pipe->discarded--;
    else
        report_oldest(pipe, refused ? &pipe->failure : NULL);
}

/* COMMIT of a failed transaction succeeds with the tag ROLLBACK. */
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
            break_off(pipe); /* an error of libpq, which may miscount now */
        break;
    case PGRES_COPY_IN: /* libpq would return it again for ever */
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH:
        break_off(pipe);
        break;
    default: /* skipped because of the error before it */
        break;
    }
}

/* Take one result, if libpq has one. NULL follows the results of a statement,
 * but not that of a sync. Two NULLs in a row mean that libpq has nothing more
 * for now. */
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

/* If libpq has no memory for the result of a sync, it does not report it. */
static bool
forgets_syncs(PGconn *raw)
{
    return strstr(PQerrorMessage(raw), "out of memory") != NULL;
}

/* Answers that arrived before the connection was lost still count. */
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

/* Nothing was read for the answer timeout. Is the connection lost? */
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
    task_wake_all(&pipe->to_write); /* the writer checks whether it must end */
    task_wake_all(&pipe->ended);
}

/* It is shielded, because only pg_pipe_end() ends the pump, not a signal. */
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

static bool
send_item(PGconn *raw, struct item *item)
{
    const char *values[1] = {item->parameter.bytes};
    int lengths[1] = {(int)item->parameter.length};
    int formats[1] = {1};
    bool sent;

    if (item->sql == NULL)
        return PQsendQueryPrepared(raw, item->name, values[0] != NULL ? 1 : 0,
                                   values, lengths, formats, 0) == 1;
    sent =
        PQsendPrepare(raw, item->name, item->sql, 1, &item->parameter_oid) == 1;
    free(item->sql);
    item->sql = NULL;
    return sent;
}

/* Give libpq one batch at a time, after the socket has accepted the one before.
 * Otherwise libpq would buffer all batches that the server does not accept yet,
 * and move its buffer each time it sends a part. */
static void
hand_over(struct pg_pipe *pipe)
{
    PGconn *raw = pipe->conn->raw;

    while (!pipe->broken && !pipe->unsent && pipe->handed < pipe->count) {
        struct item *item = item_at(pipe, pipe->handed++);

        if (send_item(raw, item) && PQpipelineSync(raw) == 1)
            flush(pipe);
        else
            break_off(pipe); /* half a batch may be queued */
        task_wake_all(&pipe->to_read);
    }
}

/* It also waits for POLLIN, so that a lost connection wakes it while the socket
 * is full. The reader reads. */
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

/* ---- interface --------------------------------------------------------- */

bool
pg_pipe_begin(struct pg_conn *conn, pg_pipe_done_fn *on_done, void *ctx,
              struct pg_pipe **result, struct err *err)
{
    struct pg_pipe *pipe;
    int fd;

    *result = NULL;
    if (!pg_settle(conn, err))
        return false;
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

static bool
send_or_queue(struct pg_pipe *pipe, const struct item *item, struct err *err)
{
    if (pipe->broken) {
        *err = pipe->loss;
        return false;
    }
    push_item(pipe, item);
    if (pipe->unsent) /* the pump may not have run for a while */
        flush(pipe);
    hand_over(pipe);
    return true;
}

bool
pg_pipe_send(struct pg_pipe *pipe, const char *name, struct span parameter,
             void *batch, struct err *err)
{
    struct item item = {.name = name, .parameter = parameter, .batch = batch};

    return send_or_queue(pipe, &item, err);
}

bool
pg_pipe_prepare(struct pg_pipe *pipe, const char *name, const char *sql,
                uint32_t parameter_oid, struct err *err)
{
    struct item item = {
        .name = name, .sql = mem_strdup(sql), .parameter_oid = parameter_oid};

    if (send_or_queue(pipe, &item, err))
        return true;
    free(item.sql);
    return false;
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

/* Report the batches in flight as failed. Their answers must still be read
 * before the session can be used again. */
static void
give_up_batches(struct pg_pipe *pipe)
{
    struct err err;

    if (pipe->broken || pipe->count == 0)
        return;
    err_set(&err, MSG_GIVEN_UP, "discarded before the server answered");
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
