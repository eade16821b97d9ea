/*
 * ring - the fixed set of batches, and the database connections that send them.
 *
 *     free ─► filled by a table ─► sent through a pipe ─► answered ─► free
 *
 * Private to this folder. There are a few more batches than tables, so that
 * each table can fill one while others are in flight. If the server is far
 * away, there are more, so that it has work while its answers travel. If no
 * pipe is open, which is a dry run, full batches are discarded.
 *
 * Each batch is a transaction of its own or, if commits are expensive, shares
 * one with many others. In either case a batch that fails ends the load, and
 * staging is dropped. So a batch is free after its answer, before its commit.
 *
 * In a paged run there is one connection, and the batches of a page share one
 * transaction, which ring_end_page() leaves open for its caller. A batch that
 * fails undoes the page, and staging is kept.
 */
#ifndef LOAD_RING_H
#define LOAD_RING_H

#include "base/task.h"
#include "load/batch.h"
#include "load/rows.h"
#include "pg/conn.h"
#include "pg/pipe.h"
#include "pg/pool.h"

enum {
    RING_PIPES_MAX = 64,
    RING_SPARE_BATCHES = 5,
    RING_FAR_BATCHES = 64,             /* the most batches that distance adds */
    RING_BATCHES_A_SECOND = 1500,      /* the most that bulkpg can fill */
    RING_BYTES_MOST = 8 * 1024 * 1024, /* no new batch while more bytes than
                                        * this are in flight */
    RING_FAR_PIPES = 2, /* so many connections have as much each, further ones
                         * have no more */
    RING_BATCHES_A_TRANSACTION = 100, /* if batches share transactions */
};

/* One connection while it is opened, and its statements are prepared. */
struct ring_opening {
    struct pg_config config;
    struct pg_conn *conn;
    bool is_open;
    bool is_prepared;
    struct err err; /* why it is not */
};

/* Connections that are being opened. */
struct ring_openings {
    struct pg_pool *pool;
    struct task_group group;
    int count;
    struct ring_opening items[];
};

/* The answer to a part of a batch that isolate.c sent alone. */
struct ring_answer {
    struct err err; /* kind ERR_NONE: the server accepted it */
};

struct ring {
    struct batch *batches;
    size_t batch_count;
    struct batch *free;
    struct pg_conn *conns[RING_PIPES_MAX];
    int conn_count;
    struct pg_pipe *pipes[RING_PIPES_MAX];
    int pipe_count;
    struct pg_pool *pool;           /* of the connections; NULL: none */
    struct ring_openings *openings; /* until ring_start() */
    bool shares_transactions;
    bool is_paged;                      /* set before ring_open() */
    int in_transaction[RING_PIPES_MAX]; /* batches since BEGIN, per pipe */
    bool is_started;                    /* ring_start() was called */
    size_t bytes_under_way;             /* in flight */
    struct task_queue changed; /* wakes when a batch is answered or a pipe
                                * breaks */
    struct err failure;        /* of the first batch that failed */
    struct batch *refused;     /* batches refused because of a row */
    bool isolating;            /* answers go to a struct ring_answer: */
    struct ring_answer part;   /* to the rows that were sent alone, */
    struct ring_answer around; /* and to the statements around them */
    uint64_t early_sends;      /* batches sent because none was free */
    uint64_t batches_sent;
    int64_t send_ns; /* time for sending and waiting */
};

/* Prepared statements of each connection that shares transactions. ROLLBACK is
 * only prepared for a paged run. */
#define RING_BEGIN    "begin"
#define RING_COMMIT   "commit"
#define RING_ROLLBACK "rollback"

void ring_init(struct ring *ring, int tables);
void ring_free(struct ring *ring);

/* Take `count` sessions from the pool, unless that is NULL, and begin to open
 * those that it does not have, each in a task of its own. `config` has borrowed
 * texts. ring_open() uses them, or ring_close() gives them back. */
struct ring_openings *
ring_connect(const struct pg_config *config, struct pg_pool *pool, int count);
void ring_close(struct ring_openings *openings); /* NULL is none */

/* Wait until the connections are open. */
MUST_CHECK bool ring_open(struct ring *ring, struct ring_openings *openings,
                          bool shares_transactions, struct err *err);

/* Begin to prepare every table's statement on each connection. What the caller
 * queues on the first connection is sent with its statements. */
void ring_prepare(struct ring *ring, const char *schema,
                  struct loader_table *tables, int table_count);

/* Wait until all is prepared, and start the pipelines. The first time, the time
 * of a round trip decides how many batches are added. */
MUST_CHECK bool ring_start(struct ring *ring, struct err *err);

/* Queue the statement of each table; and add a connection that has prepared
 * them to those that send, between two lines. False if it is lost, or if no
 * batch can be sent now. */
void ring_queue_tables(struct pg_conn *conn, struct loader_table *tables,
                       int table_count, const char *schema);
MUST_CHECK bool ring_add(struct ring *ring, struct pg_conn *conn);

/* Give a connection to the pool, or close it. NULL is none. */
void ring_give_back(struct ring *ring, struct pg_conn *conn);

/* If staging is created late, in place of ring_prepare(): set up the sessions
 * while the caller creates it, and wait for that; and after ring_start() send
 * the tables' statements before the batches that need them. Batches do not
 * share transactions then. */
void ring_begin_setup(struct ring *ring);
MUST_CHECK bool ring_end_setup(struct ring *ring, struct err *err);
MUST_CHECK bool ring_prepare_late(struct ring *ring, const char *schema,
                                  struct loader_table *tables, int table_count,
                                  struct err *err);

/* Give `table` a batch to fill. Waits until one is free and few enough bytes
 * are in flight. If all batches are being filled, sends the
 * fullest one. */
MUST_CHECK bool
ring_take(struct ring *ring, struct loader_table *tables, int table_count,
          struct loader_table *table, struct err *err);

/* Send the table's batch. Never waits. */
MUST_CHECK bool
ring_send(struct ring *ring, struct loader_table *table, struct err *err);

/* Commit, and wait for the answers to all batches. */
MUST_CHECK bool ring_drain(struct ring *ring, struct err *err);

/* Of a paged run: wait for the answers to the page's batches, and leave
 * pipeline mode. The page's transaction is open on *conn. ring_start() begins
 * the next page. */
MUST_CHECK bool
ring_end_page(struct ring *ring, struct pg_conn **conn, struct err *err);

/* End open transactions after a failure, and wait for all answers. Their
 * outcome does not matter. */
MUST_CHECK bool ring_settle_failed(struct ring *ring, struct err *err);

/* Leave pipeline mode on every connection. */
void ring_end_pipes(struct ring *ring);

#endif
