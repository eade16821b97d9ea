/*
 * call - one statement of the journal: its parameters, its result.
 *
 * Private to this folder.
 */
#ifndef JOURNAL_CALL_H
#define JOURNAL_CALL_H

#include "base/arena.h"
#include "pg/conn.h"

struct journal;

enum { CALL_PARAMETERS = 16 };

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

/* A column in the arena, NULL where SQL has NULL; or as a count, then -1. */
const char *call_read_text(const struct pg_result *result, int row, int column,
                           struct arena *arena);
int64_t call_read_count(const struct pg_result *result, int row, int column);

#endif
