/*
 * wire - the libpq handle, and waiting on it. Private to src/pg.
 */
#ifndef PG_WIRE_H
#define PG_WIRE_H

#include "pg/conn.h"
#include "pg/libpq.h"

struct arena;

struct pg_conn {
    PGconn *raw;
    char *where;               /* owned; "host:port/database" */
    char *dsn;                 /* owned; NULL: silence is not looked into */
    int64_t answer_timeout_ms; /* 0: none */
    int64_t backend;           /* its process id at the server */
    bool lost;                 /* never again usable */
};

/* What libpq or the server says as one line, its own joined by "; ", without
 * what verbose errors put in besides: the `sqlstate` (or ""), the place in the
 * server's source. */
const char *
wire_one_line(struct arena *arena, const char *text, const char *sqlstate);

/* What the server says in `result` as an error. Always returns false. */
bool wire_refused(const PGresult *result, struct err *err);

/* The connection is lost: remember it and say so, with the server's last
 * words where there are some. Always returns false. */
bool wire_lost(struct pg_conn *conn, struct err *err);

/* It says nothing any more, which counts as lost. Always returns false. */
bool wire_silent(struct pg_conn *conn, struct err *err);

/* A second connection to the very server of `conn`. */
MUST_CHECK bool wire_connect_again(const struct pg_conn *conn,
                                   struct pg_conn **second, struct err *err);

/* After a silence: does the server answer others, and say that our backend is
 * at work? */
bool watch_is_working(const struct pg_conn *conn);

/* It answers what no server says here: as good as lost, since nobody knows
 * what belongs to what any more. Always returns false. */
bool wire_senseless(struct pg_conn *conn, const char *what, struct err *err);

/* Hand over what was queued, wait, and take the results of everything sent;
 * `sent` is what the PQsend function said. The last result goes into
 * `result`, which the caller clears; on failure there is none. A stop
 * cancels the statement at the server. */
MUST_CHECK bool wire_finish(struct pg_conn *conn, int sent, int64_t deadline_ms,
                            PGresult **result, struct err *err);

#endif
