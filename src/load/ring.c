/*
 * The states of a batch are drawn in ring.h. Each batch belongs to the free
 * list, to the table that fills it, or to the pipe that sends it. The number of
 * batches depends on the round trip to the server.
 *
 * Hazards. Other tasks run while this one waits for a batch. They may free
 * batches and note a failure. Only the first failure is kept, because later
 * ones follow from it.
 */
#include "load/ring.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "load/refused.h"
#include "pg/queue.h"
#include "plan/ddl.h"

enum { NS_A_SECOND = 1000000000, STATEMENT_BYTES = 4096 };

static void
give_back(struct ring *ring, struct batch *batch)
{
    batch_reset(batch);
    batch->next_free = ring->free;
    ring->free = batch;
}

static void
add_batches(struct ring *ring, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct batch *batch = &ring->batches[ring->batch_count++];

        batch->bytes = buf_with_ceiling(BATCH_CEILING_BYTES);
        give_back(ring, batch);
    }
}

void
ring_init(struct ring *ring, int tables)
{
    size_t near = (size_t)tables + RING_SPARE_BATCHES;

    *ring = (struct ring){.free = NULL};
    ring->batches = mem_array(near + RING_FAR_PIPES * RING_FAR_BATCHES,
                              sizeof(*ring->batches));
    add_batches(ring, near);
}

/* Keep the batch: isolate.c looks at its rows when the load has stopped. */
static void
put_refused(struct ring *ring, struct batch *batch)
{
    batch->next_free = ring->refused;
    ring->refused = batch;
}

/* Called from a pipe's pump when the server has answered a batch. */
static void
on_done(void *ctx, void *batch, const struct err *err)
{
    struct ring *ring = ctx;

    if (ring->isolating) {
        if (err != NULL)
            ((struct ring_answer *)batch)->err = *err;
        return;
    }
    if (err != NULL && ring->failure.kind == ERR_NONE)
        ring->failure = *err;
    if (batch == NULL) { /* the answer to BEGIN or COMMIT */
        task_wake_all(&ring->changed);
        return;
    }
    ring->bytes_under_way -= ((struct batch *)batch)->bytes.length;
    if (err != NULL && refused_is_row(err))
        put_refused(ring, batch);
    else
        give_back(ring, batch);
    task_wake_all(&ring->changed);
}

void
ring_queue_tables(struct pg_conn *conn, struct loader_table *tables,
                  int table_count, const char *schema)
{
    for (int i = 0; i < table_count; i++) {
        struct buf sql = buf_with_ceiling(STATEMENT_BYTES);

        if (tables[i].stage == NULL)
            continue;
        ddl_stage_insert(&sql, schema, tables[i].stage);
        pg_queue_prepare(conn, tables[i].statement, buf_str(&sql),
                         tables[i].array_type);
        buf_free(&sql);
    }
}

static void
queue_statements(const struct ring *ring, struct pg_conn *conn,
                 struct loader_table *tables, int table_count,
                 const char *schema)
{
    ring_queue_tables(conn, tables, table_count, schema);
    if (ring->shares_transactions) {
        pg_queue_prepare(conn, RING_BEGIN, "BEGIN", 0);
        pg_queue_prepare(conn, RING_COMMIT, "COMMIT", 0);
    }
    if (ring->is_paged)
        pg_queue_prepare(conn, RING_ROLLBACK, "ROLLBACK", 0);
}

/* How many connections count for the limits of what is in flight. */
static size_t
far_pipes(const struct ring *ring)
{
    if (ring->conn_count >= RING_FAR_PIPES)
        return RING_FAR_PIPES;
    return ring->conn_count > 0 ? (size_t)ring->conn_count : 1;
}

/* As many batches as can be filled during the shortest round trip. */
static size_t
far_batches(const struct ring *ring)
{
    size_t most = far_pipes(ring) * RING_FAR_BATCHES;
    int64_t least = INT64_MAX;
    size_t made;

    for (int i = 0; i < ring->conn_count; i++) {
        int64_t took = pg_round_trip_ns(ring->conns[i]);

        if (took < least)
            least = took;
    }
    made = (size_t)(least / (NS_A_SECOND / RING_BATCHES_A_SECOND));
    return made < most ? made : most;
}

/* ---- connecting -------------------------------------------------------- */

static void
connect_one(void *ctx)
{
    struct ring_opening *opening = ctx;

    opening->is_open =
        pg_connect(&opening->config, &opening->conn, &opening->err);
}

struct ring_openings *
ring_connect(const struct pg_config *config, struct pg_pool *pool, int count)
{
    int most = count < RING_PIPES_MAX ? count : RING_PIPES_MAX;
    struct ring_openings *openings =
        mem_alloc(sizeof(*openings) + (size_t)most * sizeof(*openings->items));

    openings->pool = pool;
    openings->count = most;
    for (int i = 0; i < most; i++) {
        struct ring_opening *opening = &openings->items[i];

        opening->config = *config;
        opening->config.sets_up_later = true;
        if (pool != NULL)
            opening->conn = pg_pool_take(pool, config->application_name);
        opening->is_open = opening->conn != NULL;
        if (!opening->is_open)
            task_group_spawn(&openings->group, "connect", connect_one, opening);
    }
    return openings;
}

static void
give_session_back(struct pg_pool *pool, struct pg_conn *conn)
{
    if (pool != NULL)
        pg_pool_give(pool, conn);
    else
        pg_close(conn);
}

void
ring_close(struct ring_openings *openings)
{
    if (openings == NULL)
        return;
    task_group_wait(&openings->group);
    for (int i = 0; i < openings->count; i++)
        give_session_back(openings->pool, openings->items[i].conn);
    free(openings);
}

static bool
end_connecting(const struct ring_openings *openings, struct err *err)
{
    for (int i = 0; i < openings->count; i++)
        if (!openings->items[i].is_open) {
            *err = openings->items[i].err;
            return false;
        }
    return true;
}

/* Also sets up the session. */
static void
prepare_one(void *ctx)
{
    struct ring_opening *opening = ctx;

    opening->is_prepared = pg_settle(opening->conn, &opening->err);
}

/* Wait until all connections are prepared. */
static bool
end_preparing(struct ring *ring, struct err *err)
{
    bool prepared = pg_settle(ring->conns[0], err);

    task_group_wait(&ring->openings->group);
    for (int i = 1; prepared && i < ring->conn_count; i++) {
        prepared = ring->openings->items[i].is_prepared;
        if (!prepared)
            *err = ring->openings->items[i].err;
    }
    return prepared;
}

void
ring_free(struct ring *ring)
{
    if (ring->openings != NULL)
        task_group_wait(&ring->openings->group);
    free(ring->openings);
    ring_end_pipes(ring);
    for (int i = 0; i < RING_PIPES_MAX; i++)
        give_session_back(ring->pool, ring->conns[i]);
    for (size_t i = 0; i < ring->batch_count; i++)
        buf_free(&ring->batches[i].bytes);
    free(ring->batches);
    ring->openings = NULL;
    ring->batches = NULL;
    ring->batch_count = 0;
}

bool
ring_open(struct ring *ring, struct ring_openings *openings,
          bool shares_transactions, struct err *err)
{
    task_group_wait(&openings->group);
    ring->openings = openings;
    ring->pool = openings->pool;
    for (int i = 0; i < openings->count; i++)
        ring->conns[i] = openings->items[i].conn;
    ring->shares_transactions = shares_transactions || ring->is_paged;
    if (!end_connecting(openings, err))
        return false;
    ring->conn_count = openings->count;
    return true;
}

static void
begin_preparing(struct ring *ring, int conn)
{
    task_group_spawn(&ring->openings->group, "prepare", prepare_one,
                     &ring->openings->items[conn]);
}

void
ring_prepare(struct ring *ring, const char *schema, struct loader_table *tables,
             int table_count)
{
    for (int i = 0; i < ring->conn_count; i++) {
        queue_statements(ring, ring->conns[i], tables, table_count, schema);
        if (i > 0)
            begin_preparing(ring, i);
    }
}

void
ring_begin_setup(struct ring *ring)
{
    for (int i = 0; i < ring->conn_count; i++)
        begin_preparing(ring, i);
}

bool
ring_end_setup(struct ring *ring, struct err *err)
{
    task_group_wait(&ring->openings->group);
    for (int i = 0; i < ring->conn_count; i++)
        if (!ring->openings->items[i].is_prepared) {
            *err = ring->openings->items[i].err;
            return false;
        }
    return true;
}

static bool
prepare_late(struct pg_pipe *pipe, const char *schema,
             const struct loader_table *table, struct err *err)
{
    struct buf sql = buf_with_ceiling(STATEMENT_BYTES);
    bool sent;

    ddl_stage_insert(&sql, schema, table->stage);
    sent = pg_pipe_prepare(pipe, table->statement, buf_str(&sql),
                           table->array_type, err);
    buf_free(&sql);
    return sent;
}

bool
ring_prepare_late(struct ring *ring, const char *schema,
                  struct loader_table *tables, int table_count, struct err *err)
{
    for (int i = 0; i < ring->pipe_count; i++)
        for (int t = 0; t < table_count; t++)
            if (tables[t].stage != NULL &&
                !prepare_late(ring->pipes[i], schema, &tables[t], err))
                return false;
    return true;
}

/* The first start of the pipelines. */
static bool
end_opening(struct ring *ring, struct err *err)
{
    bool prepared = end_preparing(ring, err);

    free(ring->openings);
    ring->openings = NULL;
    if (!prepared)
        return false;
    add_batches(ring, far_batches(ring));
    ring->is_started = true;
    return true;
}

static bool
start_pipe(struct ring *ring, int i, struct err *err)
{
    if (!pg_pipe_begin(ring->conns[i], on_done, ring, &ring->pipes[i], err))
        return false;
    ring->pipe_count++;
    return true;
}

bool
ring_start(struct ring *ring, struct err *err)
{
    if (!ring->is_started && !end_opening(ring, err))
        return false;
    for (int i = 0; i < ring->conn_count; i++)
        if (!start_pipe(ring, i, err))
            return false;
    return true;
}

bool
ring_add(struct ring *ring, struct pg_conn *conn)
{
    struct err ignored;

    if (ring->conn_count == RING_PIPES_MAX ||
        ring->pipe_count < ring->conn_count)
        return false;
    ring->conns[ring->conn_count] = conn;
    if (!start_pipe(ring, ring->conn_count, &ignored)) {
        ring->conns[ring->conn_count] = NULL;
        return false;
    }
    ring->conn_count++;
    return true;
}

void
ring_give_back(struct ring *ring, struct pg_conn *conn)
{
    give_session_back(ring->pool, conn);
}

static bool
check_failure(const struct ring *ring, struct err *err)
{
    if (ring->failure.kind == ERR_NONE)
        return true;
    *err = ring->failure;
    return false;
}

static int
least_busy(const struct ring *ring)
{
    int best = 0;

    for (int i = 1; i < ring->pipe_count; i++)
        if (pg_pipe_in_flight(ring->pipes[i]) <
            pg_pipe_in_flight(ring->pipes[best]))
            best = i;
    return best;
}

static bool
send_begin(struct ring *ring, int pipe, struct err *err)
{
    return !ring->shares_transactions || ring->in_transaction[pipe]++ > 0 ||
           pg_pipe_send(ring->pipes[pipe], RING_BEGIN, span_of(NULL, 0), NULL,
                        err);
}

static bool
send_end(struct ring *ring, int pipe, const char *statement, struct err *err)
{
    if (ring->in_transaction[pipe] == 0)
        return true;
    ring->in_transaction[pipe] = 0;
    return pg_pipe_send(ring->pipes[pipe], statement, span_of(NULL, 0), NULL,
                        err);
}

/* The transaction of a page ends with the page. */
static bool
is_long_enough(const struct ring *ring, int pipe)
{
    return !ring->is_paged &&
           ring->in_transaction[pipe] >= RING_BATCHES_A_TRANSACTION;
}

/* Never waits. Sets *is_sent if on_done() will be called for the batch, which
 * may be so even after a failure. */
static bool
send_timed(struct ring *ring, struct batch *batch, const char *statement,
           bool *is_sent, struct err *err)
{
    int64_t begun = clock_now_ns();
    int pipe = least_busy(ring);
    bool sent;

    *is_sent = send_begin(ring, pipe, err) &&
               pg_pipe_send(ring->pipes[pipe], statement,
                            buf_span(&batch->bytes), batch, err);
    sent = *is_sent && (!is_long_enough(ring, pipe) ||
                        send_end(ring, pipe, RING_COMMIT, err));
    ring->send_ns += clock_now_ns() - begun;
    return sent;
}

bool
ring_send(struct ring *ring, struct loader_table *table, struct err *err)
{
    struct batch *batch = table->batch;
    bool is_sent, sent;

    table->batch = NULL;
    batch_seal(batch);
    if (ring->pipe_count == 0 || batch->rows == 0) {
        give_back(ring, batch);
        return true;
    }
    ring->bytes_under_way += batch->bytes.length;
    ring->batches_sent++;
    sent = send_timed(ring, batch, table->statement, &is_sent, err);
    if (is_sent)
        return sent;
    ring->bytes_under_way -= batch->bytes.length;
    give_back(ring, batch);
    return false;
}

/* The table with the largest batch. */
static struct loader_table *
fullest(struct loader_table *tables, int table_count)
{
    struct loader_table *best = NULL;

    for (int i = 0; i < table_count; i++)
        if (tables[i].batch != NULL &&
            (best == NULL ||
             tables[i].batch->bytes.length > best->batch->bytes.length))
            best = &tables[i];
    return best;
}

/* Wait until a batch may be free. */
static bool
wait_for_change(struct ring *ring, struct err *err)
{
    int64_t begun = clock_now_ns();
    enum task_wake wake = task_wait(&ring->changed, CLOCK_NEVER);

    ring->send_ns += clock_now_ns() - begun;
    return wake != TASK_STOPPED || task_stopped(err);
}

bool
ring_take(struct ring *ring, struct loader_table *tables, int table_count,
          struct loader_table *table, struct err *err)
{
    while (ring->free == NULL ||
           ring->bytes_under_way >= far_pipes(ring) * RING_BYTES_MOST) {
        bool in_flight = false;

        if (!check_failure(ring, err))
            return false;

        for (int i = 0; i < ring->pipe_count; i++)
            in_flight = in_flight || pg_pipe_in_flight(ring->pipes[i]) > 0;
        if (!in_flight) {
            ring->early_sends++;
            if (!ring_send(ring, fullest(tables, table_count), err))
                return false;
        }
        if (in_flight && !wait_for_change(ring, err))
            return false;
    }
    table->batch = ring->free;
    ring->free = ring->free->next_free;
    table->batch->table = table;
    batch_begin(table->batch, table->row_type);
    return check_failure(ring, err);
}

/* Send a COMMIT or a ROLLBACK for each open transaction. Never waits. */
static bool
send_ends(struct ring *ring, const char *statement, struct err *err)
{
    for (int i = 0; i < ring->pipe_count; i++)
        if (!send_end(ring, i, statement, err))
            return false;
    return true;
}

static bool
wait_for_answers(struct ring *ring, struct err *err)
{
    int64_t begun = clock_now_ns();
    bool drained = true;

    for (int i = 0; drained && i < ring->pipe_count; i++)
        drained = pg_pipe_drain(ring->pipes[i], err);
    ring->send_ns += clock_now_ns() - begun;
    return drained;
}

bool
ring_drain(struct ring *ring, struct err *err)
{
    bool drained =
        send_ends(ring, RING_COMMIT, err) && wait_for_answers(ring, err);

    return check_failure(ring, err) && drained;
}

bool
ring_end_page(struct ring *ring, struct pg_conn **conn, struct err *err)
{
    bool drained = wait_for_answers(ring, err);
    bool is_open = ring->in_transaction[0] > 0;

    *conn = ring->conns[0];
    if (!check_failure(ring, err) || !drained)
        return false;
    ring->in_transaction[0] = 0;
    ring_end_pipes(ring);
    return is_open || pg_begin(*conn, err);
}

bool
ring_settle_failed(struct ring *ring, struct err *err)
{
    return send_ends(ring, ring->is_paged ? RING_ROLLBACK : RING_COMMIT, err) &&
           wait_for_answers(ring, err);
}

void
ring_end_pipes(struct ring *ring)
{
    for (int i = 0; i < ring->pipe_count; i++)
        pg_pipe_end(ring->pipes[i]);
    ring->pipe_count = 0;
}
