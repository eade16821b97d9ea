/*
 * call - runs one statement of the journal: its parameters and its result.
 *
 * Private to this folder.
 */
#ifndef JOURNAL_CALL_H
#define JOURNAL_CALL_H

#include "base/arena.h"
#include "pg/queue.h"

struct journal;

enum { CALL_PARAMETERS = 16 };

/* The parameters $1, $2, … in the order in which they are added. Initialize
 * with {0}. journal_call() and journal_call_in() free the memory. */
struct call {
    const char *values[CALL_PARAMETERS];
    int count;
    struct arena arena;
};

/* Add a parameter; NULL is SQL NULL. Bytes that are not valid UTF-8, such as
 * the end of a message cut short in the middle of a character, become U+FFFD,
 * because otherwise the statement would fail. */
void call_text(struct call *call, const char *text);
void call_number(struct call *call, int64_t number);

/* -1 is SQL NULL. */
void call_count(struct call *call, int64_t count);

/* Run the statement on the caller's connection. `result` may be NULL. */
MUST_CHECK bool
journal_call_in(struct pg_conn *conn, const char *sql, struct call *call,
                struct pg_result **result, struct err *err);

/* Run the statement on the control connection, which one task uses at a time.
 * A stop does not interrupt it once it has been sent. */
MUST_CHECK bool
journal_call(struct journal *journal, const char *sql, struct call *call,
             struct pg_result **result, struct err *err);

/* The same for a statement that returns one row or none; *found: one. */
MUST_CHECK bool
journal_call_found(struct journal *journal, const char *sql, struct call *call,
                   bool *found, struct err *err);

/* Ask a question of journal_call() or journal_call_in() ahead: see pg/queue.h.
 */
void journal_ask_ahead(struct pg_conn *conn, const void *owner, const char *sql,
                       struct call *call);

/* Queue the statement on the caller's connection: see pg/queue.h. */
void journal_queue_in(struct pg_conn *conn, const char *sql, struct call *call,
                      const struct pg_answer *answer);

/* A column as text in the arena, or as a count. SQL NULL is NULL or -1. */
const char *call_read_text(const struct pg_result *result, int row, int column,
                           struct arena *arena);
int64_t call_read_count(const struct pg_result *result, int row, int column);

#endif
