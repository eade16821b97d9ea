/*
 * wire - the libpq handle, and functions that wait for it. Private to src/pg.
 */
#ifndef PG_WIRE_H
#define PG_WIRE_H

#include "base/span.h"
#include "pg/libpq.h"
#include "pg/notify.h"
#include "pg/queue.h"
#include "pg/repeat.h"

struct pg_conn {
    PGconn *raw;
    char *where;               /* owned; "host:port/database" */
    char *dsn;                 /* owned; NULL: a silence is not checked */
    int64_t answer_timeout_ms; /* 0: none */
    int64_t backend;           /* process id of the server's backend */
    bool lost;                 /* cannot be used any more */
    int64_t round_trip_ns;     /* the shortest time to a first answer */
    int uses;                  /* how often it was given back: pool.h */
    bool is_loader;            /* its settings are those of a load */
    struct queue queue;        /* statements that wait to be sent: queue.h */
    struct ahead *ahead;       /* questions asked ahead, and answers */
    bool has_repeats;          /* statements that repeat are prepared */
    struct repeats repeats;
    pg_heard_fn *heard; /* gets what NOTIFY sends; NULL: nobody does */
    void *heard_ctx;
};

/* Takes the rows of a statement; NULL: nobody does. */
struct wire_taker {
    pg_number_fn *on_number;
    void *ctx;
};

/* The answers to statements that were sent together. In pipeline mode `syncs`
 * is the number of syncs among them. */
struct wire_answers {
    PGresult **results; /* one of each statement; NULL: no answer */
    bool *may_fail; /* by statement: an error is not the caller's; NULL: none
                         * may */
    const struct wire_taker *takers; /* by statement; NULL: there are none */
    size_t count;
    size_t syncs;
    int64_t sent_ns;  /* 0: an answer has arrived */
    size_t failed;    /* on failure: the first statement that was refused */
    size_t at;        /* the statement whose answer is due */
    bool is_answered; /* it has one */
    bool is_by_row;   /* libpq returns its rows one by one */
    int nulls;        /* NULLs that libpq returned in a row */
};

/* A text of libpq or of the server as one line. Its lines are joined by "; ".
 * The additions of verbose errors are removed: the `sqlstate`, unless it is "",
 * and the place in the server's source. */
const char *
wire_one_line(struct arena *arena, const char *text, const char *sqlstate);

/* Set the error that `result` contains. Always returns false. */
bool wire_refused(const PGresult *result, struct err *err);

/* The connection is lost: mark it, and set the error, with the server's last
 * message if there is one. Always returns false. */
bool wire_lost(struct pg_conn *conn, struct err *err);

/* The server does not answer any more, which counts as lost. Always returns
 * false. */
bool wire_silent(struct pg_conn *conn, struct err *err);

/* Open a second connection to the same server as `conn`. */
MUST_CHECK bool wire_connect_again(const struct pg_conn *conn,
                                   struct pg_conn **second, struct err *err);

/* Queue the settings of the session, so that setting it up needs no wait of its
 * own. */
void wire_queue_settings(struct pg_conn *conn);

/* After a silence: does the server answer a second connection, and report that
 * the backend of `conn` is busy? */
bool watch_is_working(const struct pg_conn *conn);

/* The server sent an unexpected reply. The connection counts as lost, because
 * it is unknown which reply belongs to which statement. Always returns false.
 */
bool wire_senseless(struct pg_conn *conn, const char *what, struct err *err);

/* Send what libpq has queued, wait, and take the results of all statements.
 * `sent` is the return value of the PQsend function. `result` gets the last
 * result, which the caller clears; on failure it is NULL. A stop cancels the
 * statement at the server. */
MUST_CHECK bool wire_finish(struct pg_conn *conn, int sent, int64_t deadline_ms,
                            PGresult **result, struct err *err);

/* The same for several statements; `sent` says whether libpq took all of them.
 * The caller clears the results, on failure too. */
MUST_CHECK bool
wire_finish_all(struct pg_conn *conn, bool sent, int64_t deadline_ms,
                struct wire_answers *answers, struct err *err);

#endif
