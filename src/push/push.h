/*
 * push - one push of one job: from rows of SQL to the store, and back with the
 * answers.
 *
 * push_job() is the body of a task. It records a failure in the push and does
 * not return it.
 */
#ifndef PUSH_PUSH_H
#define PUSH_PUSH_H

#include "base/log.h"
#include "config/query_files.h"
#include "job/context.h"
#include "journal/push.h"
#include "mapping/mutation.h"

/* A request is repeated with its idempotency key only while the store surely
 * remembers the key: so long after the first. */
enum { PUSH_KEY_HOURS = 12, PUSH_KEY_MS = PUSH_KEY_HOURS * 60 * 60 * 1000 };

/* The rows that this process settled, by state. The journal counts all rows. */
struct push_tallies {
    int64_t applied;
    int64_t refused;
    int64_t partly;
    int64_t unknown;
    int64_t held;
    int64_t denied; /* of `refused`: ACCESS_DENIED */
};

/* Where the rows come from. */
enum push_rows {
    PUSH_SELECTED,      /* the SELECT, or the file of --from */
    PUSH_RETRY_REFUSED, /* rows that earlier pushes of the job sent */
    PUSH_RETRY_UNKNOWN,
    PUSH_TAKE_BACK /* rows that push->undo_of applied */
};

struct push {
    struct context *context;
    struct journal *journal;
    struct store_state *store;
    const struct store_config *config; /* the store's */
    const struct query_file *file;     /* the mutation's */
    const char *job;
    enum push_rows rows_from;
    int64_t undo_of;    /* 0: none */
    struct arena arena; /* for everything below */
    struct log_ctx log;

    const struct mutation *mutation; /* what is sent; of an unfinished push,
                                      * the one that was sent */
    const char *document;            /* of the mutation, without marker */
    struct push_ref ref;
    bool has_ref;        /* the push is in the journal */
    enum push_mode mode; /* PUSH_UNDO: in bulk or direct, see is_direct */
    bool is_direct;      /* single requests, not bulk operations */
    bool may_repeat;     /* rows whose outcome is unknown are sent again */
    bool is_resumed;     /* an earlier push is being finished */
    bool rolls_back;     /* applied rows are undone if one is not */
    int64_t newest;      /* push of the job, before this one; 0: none */
    const char *earlier; /* the earlier pushes that this process finished, as
                          * an array: "{1,2}"; NULL: none */
    struct err unread;   /* why answers to an earlier push cannot be read;
                          * kind ERR_NONE: they can */
    struct push_tallies tallies;
    struct err distrust;   /* of a chunk's result; kind ERR_NONE: none */
    struct pg_conn *spare; /* of push/settle.c, for its next transaction */

    struct push_counts counts; /* at the end */
    bool is_counted;           /* a dry run has them; it has no push_id */
    int64_t seconds_ms;        /* how long it took */
    bool is_ended;
    int status;     /* exit status, once it has ended */
    struct err err; /* kind ERR_NONE: it did not fail */
};

void push_init(struct push *push, struct context *context,
               struct store_state *store, const struct query_file *file);
void push_free(struct push *push);

/* Run the push. */
void push_job(void *push);

#endif
