/*
 * settle - puts the answers of a chunk into the journal and the result table,
 * in one transaction.
 *
 *     settle_begin() ─► settle_line() for each answer ─► settle_end()
 *                                                    └─► settle_abandon()
 *
 * The transaction has a connection of its own, so that a result can be read for
 * a long time, and its first statement is the push's fence. An answer to a line
 * that was answered before replaces it. All answers are collected into batches
 * of a fixed size. Each batch is compared with the lines that were sent: the
 * ids of an answer must be those of its line. If they are not, the answers do
 * not belong to the lines, and all rows of the chunk become `unknown`.
 *
 * A row whose idempotency key is spent gets another one and is unknown, if the
 * push sends it again.
 *
 * Settling is idempotent: if the process is killed, the result is read again.
 */
#ifndef PUSH_SETTLE_H
#define PUSH_SETTLE_H

#include "push/push.h"

struct outcome; /* mapping/outcome.h */
struct settle;

enum { SETTLE_TRIES = 3 /* how often one push sends a row at most */ };

/* Take the connection that is kept for transactions of the push, or open one;
 * and keep it for the next one. */
MUST_CHECK bool
settle_connect(struct push *push, struct pg_conn **conn, struct err *err);
void settle_keep(struct push *push, struct pg_conn *conn);

/* Open the transaction for chunk n. */
MUST_CHECK bool
settle_begin(struct push *push, int n, struct settle **settle, struct err *err);

/* Take the answer to a line; it is copied. May wait. False if the database
 * failed: then settle_abandon() must follow. */
MUST_CHECK bool settle_line(struct settle *settle, int64_t line,
                            const struct outcome *outcome, struct err *err);

/* The result has ended: lines of the chunk without an answer become unknown. */
MUST_CHECK bool settle_missing(struct settle *settle, struct err *err);

/* The result is not what the store announced, or does not belong to the lines:
 * settle_end() makes all rows of the chunk unknown, and they are not sent again
 * by themselves. settle_line() does the same if ids do not agree. */
void settle_distrust(struct settle *settle, const struct err *why);

/* Commit, add to push->tallies, and free `settle`, in any case. With
 * `chunk_is_done` the chunk becomes settled. If the answer to COMMIT is lost,
 * settling again is safe. If the answers were distrusted, this succeeds, and
 * push->distrust has the reason. */
MUST_CHECK bool
settle_end(struct settle *settle, bool chunk_is_done, struct err *err);

/* Roll back, and free `settle`. */
void settle_abandon(struct settle *settle);

#endif
