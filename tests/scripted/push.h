/*
 * scripted_push - one push in the test's cluster, and a small store that
 * executes its mutation.
 *
 *     mutation M($id: ID!) { m(id: $id) { thing { id } userErrors { … } } }
 *
 * The store keeps a ledger: how often each line ran. What a line does depends
 * on its variable `do`:
 *
 *     refuse   a user error
 *     deny     ACCESS_DENIED
 *     fail     errors, and the root is null; it ran
 *     flaky    the same, but only the first time
 *     other    applied, and the answer has another id
 *     skip     applied, and the result has no line
 *     spent    IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED, unless it has a bulkpg_key
 *     burnt    the same, always
 *
 * Use it inside scripted_run(), in a suite with the cluster.
 */
#ifndef SCRIPTED_PUSH_H
#define SCRIPTED_PUSH_H

#include "mapping/mutation.h"
#include "push/push.h"
#include "support/scripted_server.h"

enum { SCRIPTED_FILES = 64, SCRIPTED_LINES = 1000 };

/* What happens to a submission, or to a single request. */
enum scripted_loss {
    LOSS_NONE,
    LOSS_BEFORE, /* no answer, and it did not run */
    LOSS_AFTER,  /* no answer, but it ran */
    LOSS_LATE    /* no answer, and it begins when the store lists operations for
                  * the second time */
};

struct scripted_file {
    char *lines; /* owned */
    int uploads;
};

struct scripted_run {
    const char *query; /* as JSON, without its quotes */
    int file;
    bool is_hidden; /* not listed yet */
    int polls;
};

struct scripted_push {
    struct options options;
    struct context context;
    struct store_config config;
    struct store_state store;
    struct query_file file;
    struct mutation mutation;
    struct push push;
    struct arena arena;
    const char *database;
    struct scripted_server *server;

    /* What a test may set before the push. */
    const char *refusals[8];      /* user error codes of submissions, in their
                                     * order; NULL: none */
    enum scripted_loss losses[8]; /* of submissions, in their order */
    enum scripted_loss row_loss;  /* of requests whose line has "lose": once */
    int bad_uploads;              /* so many uploads are refused first */
    const char *end_status;       /* of operations; NULL: COMPLETED */
    int missing_polls;            /* so many polls find no operation first */
    int answered;                 /* lines of a result; 0: all */
    int64_t extra_bytes;          /* that the store announces too many */
    bool counts_from_one;         /* __lineNumber does */
    int64_t list_moves_clock_ms;  /* when operations are listed */
    int stop_after_submissions;   /* tasks_stop() then; 0: never */
    const char *foreign;          /* a query that is listed, too */

    /* What happened. */
    struct scripted_file files[SCRIPTED_FILES];
    int file_count;
    struct scripted_run runs[SCRIPTED_FILES];
    int run_count;
    int submissions, lists, requests;
    int running, most_running;    /* operations at the same time */
    char *ledger[SCRIPTED_LINES]; /* each line that ran */
    int ledger_count;
};

/* Open a push with `rows` rows, of which the first chunk has `canary` lines,
 * and the others `per_chunk` lines. 0: all rows in one chunk. Row i has the key
 * and the id i; `what[i]` is the text of its variable `do`, NULL: none. */
void scripted_push_open(struct scripted_push *push, struct http *http, int rows,
                        int canary, int per_chunk, const char *const *what);
void scripted_push_close(struct scripted_push *push);

/* Be another process that finishes the push. */
void scripted_push_again(struct scripted_push *push);

/* How often the line of row i ran. */
int scripted_push_ran(const struct scripted_push *push, int row);

/* The first value of a query as text; valid until the next call. */
const char *scripted_push_ask(struct scripted_push *push, const char *sql);

/* The states of all rows, "applied refused ...", or how many have a state. */
const char *scripted_push_states(struct scripted_push *push);
int scripted_push_count(struct scripted_push *push, const char *state);

#endif
