/*
 * scripted libpq - a libpq that plays a script.
 *
 * It replaces the PQ functions that src/pg calls, for errors that a real server
 * does not produce on demand. A test is linked with it instead of libpq. There
 * is one connection at a time. Its socket is real, and readable while the
 * script has items left, so that src/pg really waits for it.
 */
#ifndef SCRIPTED_LIBPQ_H
#define SCRIPTED_LIBPQ_H

#include <stdbool.h>

#include "pg/libpq.h"

enum script_kind {
    SCRIPT_RESULT,  /* a result with this `status` */
    SCRIPT_NULL,    /* the NULL after the results of a statement */
    SCRIPT_LOSS,    /* the connection is lost */
    SCRIPT_SILENCE, /* nothing more arrives, except after a cancel */
};

struct script_item {
    enum script_kind kind;
    ExecStatusType status;
    const char *text; /* the SQLSTATE of an error, or a row's value, NULL for
                       * SQL NULL; otherwise the tag */
    int length;       /* of the value */
};

#define OK(tag)                                   \
    {                                             \
        SCRIPT_RESULT, PGRES_COMMAND_OK, (tag), 0 \
    }
#define ERROR(sqlstate)                                 \
    {                                                   \
        SCRIPT_RESULT, PGRES_FATAL_ERROR, (sqlstate), 0 \
    }
#define OTHER(status)                  \
    {                                  \
        SCRIPT_RESULT, (status), "", 0 \
    }
/* A row that is returned alone. A string literal, which may hold NULs. */
#define ROW(bytes)                                                         \
    {                                                                      \
        SCRIPT_RESULT, PGRES_SINGLE_TUPLE, (bytes), (int)sizeof(bytes) - 1 \
    }
#define NULL_ROW                                   \
    {                                              \
        SCRIPT_RESULT, PGRES_SINGLE_TUPLE, NULL, 0 \
    }
#define SYNC OTHER(PGRES_PIPELINE_SYNC)
#define END                                   \
    {                                         \
        SCRIPT_NULL, PGRES_EMPTY_QUERY, "", 0 \
    }
#define LOSS                                  \
    {                                         \
        SCRIPT_LOSS, PGRES_EMPTY_QUERY, "", 0 \
    }
#define SILENCE                                  \
    {                                            \
        SCRIPT_SILENCE, PGRES_EMPTY_QUERY, "", 0 \
    }

/* All that can be played. All zero is a healthy server that does not answer. A
 * number n in *_fails means that the n-th call fails, counted from 1. */
struct script {
    const PostgresPollingStatusType *polls; /* NULL: connected at once */
    int poll_count;
    const char *words;    /* PQerrorMessage() */
    const char *encoding; /* NULL: UTF8 */
    int version;          /* 0: 15.0 */
    const struct script_item *items;
    int item_count;
    bool loss_with_answers; /* the answers before a loss arrive with it */
    const char *notice;     /* a notice that arrives with the answers */
    int flush_left; /* so many flushes leave bytes, after the session's */
    int flush_fails;
    int send_fails; /* all PQsend functions are counted */
    int sync_fails;
    int enter_fails;
    int exit_fails;
    int nonblocking_fails;
    int no_cancel; /* PQgetCancel() */
    int cancel_fails;
    bool no_memory; /* PQconnectStartParams() */
    bool no_socket;
};

/* Play `script` for the next connection, and forget the one before. The
 * statement that sets up the session is answered in addition. */
void script_play(const struct script *script);

/* The same, but the script contains the answer to that statement, too. */
void script_play_raw(const struct script *script);

/* From now on, PQsocket() returns -1. */
void script_lose_socket(void);

/* How often PQflush() and PQcancel() were called. */
int script_flushes(void);
int script_cancels(void);

/* The number of connections, results and cancels that were not freed yet. */
int script_left_over(void);

#endif
