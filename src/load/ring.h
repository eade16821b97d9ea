/*
 * ring - the fixed set of batches and the connections that carry them.
 *
 *     FREE ─► filling (a table's) ─► sent (a pipe's) ─► synced ─► FREE
 *
 * Private to this folder. There are a few batches more than tables, so that
 * every table can be filling one while others travel; more of them where the
 * server is far, so that it has something to do while answers travel back.
 * With no pipe open batches are thrown away when full: that is a dry run.
 *
 * A batch is a transaction of its own, or, where commits are costly, one of
 * many that share one. Either way a batch that fails ends the load, whose
 * staging is thrown away; so a batch is free again before its commit.
 */
#ifndef LOAD_RING_H
#define LOAD_RING_H

#include "base/task.h"
#include "load/batch.h"
#include "load/rows.h"
#include "pg/conn.h"
#include "pg/pipe.h"

enum {
    RING_PIPES_MAX = 64,
    RING_SPARE_BATCHES = 8,
    RING_FAR_BATCHES = 64,             /* at most, on top of these */
    RING_BATCHES_A_SECOND = 700,       /* what we make at best */
    RING_BYTES_MOST = 8 * 1024 * 1024, /* under way; then none is begun */
    RING_BATCHES_A_TRANSACTION = 100,  /* if they share one */
};

struct ring {
    struct batch *batches;
    size_t batch_count;
    struct batch *free;
    struct pg_conn *conns[RING_PIPES_MAX];
    struct pg_pipe *pipes[RING_PIPES_MAX];
    int pipe_count;
    bool shares_transactions;
    int in_transaction[RING_PIPES_MAX]; /* batches since BEGIN, per pipe */
    int64_t round_trip_ns;              /* the shortest that was seen */
    size_t bytes_under_way;
    struct task_queue changed; /* a batch came back, or a pipe broke */
    struct err failure;        /* the first batch that did not get in */
    struct batch *refused;     /* those that the server would not have */
    bool isolating;            /* answers go to a struct ring_answer */
    uint64_t early_sends;      /* batches sent because none was free */
    int64_t send_ns;           /* sending, and waiting for what was sent */
};

/* What became of a part of a batch that is sent by itself. */
struct ring_answer {
    struct err err; /* kind ERR_NONE: it is in */
};

void ring_init(struct ring *ring, int tables);
void ring_free(struct ring *ring);

/* Open `count` connections and prepare every table's statement on each. How
 * long that takes says how many batches there are from then on. */
MUST_CHECK bool
ring_open(struct ring *ring, const struct pg_config *config, int count,
          bool shares_transactions, const char *schema,
          struct loader_table *tables, int table_count, struct err *err);

/* A batch for `table` to fill; waits until one is free and not too much is
 * under way, sending the fullest of the others' when all are being filled. */
MUST_CHECK bool
ring_take(struct ring *ring, struct loader_table *tables, int table_count,
          struct loader_table *table, struct err *err);

/* Send the table's batch; never waits. */
MUST_CHECK bool
ring_send(struct ring *ring, struct loader_table *table, struct err *err);

/* Commit what shares a transaction. Never waits. */
MUST_CHECK bool ring_commit(struct ring *ring, struct err *err);

/* Commit, and wait until nothing is under way. */
MUST_CHECK bool ring_drain(struct ring *ring, struct err *err);

/* Leave pipeline mode on every connection. */
void ring_end_pipes(struct ring *ring);

#endif
