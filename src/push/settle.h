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
 * of a fixed size. Each batch is compared with the lines that were sent: the ids
 * of an answer must be those of its line. If they are not, the answers do not
 * belong to the lines, and all rows of the chunk become `unknown`.
 *
 * Settling is idempotent: if the process is killed, the result is read again.
 */
#ifndef PUSH_SETTLE_H
#define PUSH_SETTLE_H

#include "push/push.h"

struct answer; /* mapping/answer.h */
struct settle;

enum settle_extent {
    SETTLE_CHUNK, /* the result has ended: lines without an answer become
                   * unknown, and the chunk settled */
    SETTLE_LINES  /* only the lines with an answer; the chunk stays open */
};

struct settle_counts {
    int64_t answered; /* different lines */
    int64_t applied;
    int64_t refused; /* partly applied ones included */
    int64_t unknown; /* lines without an answer included */
    int64_t denied;  /* of `refused`: ACCESS_DENIED */
    bool is_unproven;
};

MUST_CHECK bool settle_begin(struct push *push, int n, struct settle **settle,
                             struct err *err);

/* Take an answer; it is copied. May wait. False if the database failed: then
 * settle_abandon() must follow. */
MUST_CHECK bool settle_line(struct settle *settle, const struct answer *answer,
                            struct err *err);

/* The result is not what the store announced, or does not belong to the lines:
 * all rows of the chunk will become `unknown`. */
void settle_disprove(struct settle *settle, const struct err *why);

/* Commit. Frees `settle`, in any case. `counts` may be NULL. If the answer to
 * COMMIT is lost, settling again is safe. If the answers were disproved, the
 * rows are recorded as unknown, and this succeeds; push->err has the reason. */
MUST_CHECK bool settle_end(struct settle *settle, enum settle_extent extent,
                           struct settle_counts *counts, struct err *err);

/* Roll back, and free `settle`. */
void settle_abandon(struct settle *settle);

#endif
