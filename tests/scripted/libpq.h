/*
 * scripted libpq - the client library, played from a script.
 *
 * Stands in for the PQ functions that src/pg calls, for what no server does
 * when asked: a test links it instead of libpq and says what comes.
 * One connection at a time. Its socket is a real one, ready to be read
 * while the script has something to tell, so that who waits waits for real.
 */
#ifndef SCRIPTED_LIBPQ_H
#define SCRIPTED_LIBPQ_H

#include <stdbool.h>

#include "pg/libpq.h"

enum script_kind {
    SCRIPT_RESULT,  /* a result of `status` */
    SCRIPT_NULL,    /* the NULL that ends a statement's results */
    SCRIPT_LOSS,    /* the connection is found lost, for good */
    SCRIPT_SILENCE, /* nothing more comes, but after a cancel that worked */
};

struct script_item {
    enum script_kind kind;
    ExecStatusType status;
    const char *text; /* of an error its SQLSTATE, else the tag */
};

#define OK(tag)                                \
    {                                          \
        SCRIPT_RESULT, PGRES_COMMAND_OK, (tag) \
    }
#define ERROR(sqlstate)                              \
    {                                                \
        SCRIPT_RESULT, PGRES_FATAL_ERROR, (sqlstate) \
    }
#define OTHER(status)               \
    {                               \
        SCRIPT_RESULT, (status), "" \
    }
#define SYNC OTHER(PGRES_PIPELINE_SYNC)
#define END                                \
    {                                      \
        SCRIPT_NULL, PGRES_EMPTY_QUERY, "" \
    }
#define LOSS                               \
    {                                      \
        SCRIPT_LOSS, PGRES_EMPTY_QUERY, "" \
    }
#define SILENCE                               \
    {                                         \
        SCRIPT_SILENCE, PGRES_EMPTY_QUERY, "" \
    }

/* Everything that can be played; all zero is a server in good health that
 * never answers. A number n means: the n-th call fails, from 1. */
struct script {
    const PostgresPollingStatusType *polls; /* NULL: connected at once */
    int poll_count;
    const char *words;    /* PQerrorMessage() */
    const char *encoding; /* NULL: UTF8 */
    int version;          /* 0: 15.0 */
    const struct script_item *items;
    int item_count;
    bool loss_with_answers; /* what came before it is told together with it */
    const char *notice;     /* comes with whatever comes */
    int flush_left; /* so often bytes are left over, after the session's */
    int flush_fails;
    int send_fails; /* of any kind */
    int sync_fails;
    int enter_fails;
    int exit_fails;
    int nonblocking_fails;
    int no_cancel; /* PQgetCancel() */
    int cancel_fails;
    bool no_memory; /* PQconnectStartParams() */
    bool no_socket;
};

/* Play `script` to the next connection, and forget what was before. The
 * session's own first statement is answered besides. */
void script_play(const struct script *script);

/* The same without that answer: the script has it. */
void script_play_raw(const struct script *script);

/* From now on there is no socket. */
void script_lose_socket(void);

/* How often bytes were flushed, a cancel was asked for. */
int script_flushes(void);
int script_cancels(void);

/* Connections, results and cancels made and not yet freed. */
int script_left_over(void);

#endif
