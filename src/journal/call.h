/*
 * journal_call - one statement of the journal: its parameters, its result.
 * Private to journal*.c.
 */
#ifndef JOURNAL_CALL_H
#define JOURNAL_CALL_H

#include "base/arena.h"
#include "base/task.h"
#include "journal/run.h"

enum { CALL_PARAMETERS = 16, SESSION_START_BYTES = 64 };

struct journal_claim {
    const char *store;
    const char *job;
};

struct journal {
    struct pg_conn *conn;  /* borrowed */
    struct task_lock lock; /* held while the connection is used */
    char uuid[JOURNAL_UUID_BYTES];
    bool has_citus;
    int64_t session_pid; /* of conn at the server */
    char session_start[SESSION_START_BYTES];
    struct journal_claim *claims; /* held; names are the caller's */
    size_t claim_count;
};

/* Parameters $1, $2, … in the order they are given. All zero has none;
 * journal_call() and journal_call_in() free what it holds. */
struct call {
    const char *values[CALL_PARAMETERS];
    int count;
    struct arena arena;
};

/* NULL is SQL NULL. What is not UTF-8 in it (a message cut short in the
 * middle of a character) becomes U+FFFD: better than no record at all. */
void call_text(struct call *call, const char *text);
void call_number(struct call *call, int64_t number);

/* -1 is SQL NULL. */
void call_count(struct call *call, int64_t count);

/* `text` as UTF-8, in `arena`. */
const char *call_clean_text(struct arena *arena, const char *text);

/* Run it on a connection of the caller's; `result` may be NULL. */
MUST_CHECK bool
journal_call_in(struct pg_conn *conn, const char *sql, struct call *call,
                struct pg_result **result, struct err *err);

/* Run it on the control connection, in turn, and wait for its end even while
 * stopping. */
MUST_CHECK bool
journal_call(struct journal *journal, const char *sql, struct call *call,
             struct pg_result **result, struct err *err);

/* The same for what returns one row or none: *found tells. */
MUST_CHECK bool
journal_call_found(struct journal *journal, const char *sql, struct call *call,
                   bool *found, struct err *err);

/* A run's first parameters: who it is. And all of how it ended. */
void call_run(struct call *call, const struct run_ref *run);
void call_end(struct call *call, const struct run_ref *run,
              const struct run_end *end);

/* Why `run` was not found as ours; _in: by the caller's connection. Always
 * return false. */
bool journal_not_ours(struct journal *journal, const struct run_ref *run,
                      struct err *err);
bool journal_not_ours_in(struct pg_conn *conn, const struct run_ref *run,
                         struct err *err);

/* The claims held, on a new connection; whoever holds one now keeps it. */
MUST_CHECK bool journal_claim_again(struct journal *journal,
                                    struct pg_conn *conn, struct err *err);

/* After a try that found the row of a run held by a merge: wait a little, and
 * end that merge where its client has said nothing for long. `run_id` -1: any
 * of (store, job). False, `err` as it was, when that was not why. */
MUST_CHECK bool
journal_await_merge(struct journal *journal, int64_t run_id, const char *store,
                    const char *job, bool *told, struct err *err);

/* A column in the arena, NULL where SQL has NULL; or as a count, then -1. */
const char *read_text(const struct pg_result *result, int row, int column,
                      struct arena *arena);
int64_t read_count(const struct pg_result *result, int row, int column);

#endif
