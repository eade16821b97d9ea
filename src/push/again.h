/*
 * again - the rows of an earlier push that are sent again, or undone.
 *
 *     --retry refused   with a new idempotency key
 *     --retry unknown   the same bytes, with the same key
 *     --undo, rollback  the variables that undo what was applied
 *
 * Rows that a later push has sent are left out. Rows of --retry unknown that
 * must not be sent again are held, and a warning names them: those whose
 * submission may still start, and those whose idempotency key the store may
 * have forgotten.
 */
#ifndef PUSH_AGAIN_H
#define PUSH_AGAIN_H

#include "push/stage.h"

enum again_what { AGAIN_REFUSED, AGAIN_UNKNOWN, AGAIN_UNDO };

/* Stage the rows of push `of` in the transaction of `stage`. */
MUST_CHECK bool again_stage(struct stage *stage, int64_t of,
                            enum again_what what, struct err *err);

/* Stage the rows of the job, whichever push sent them last. A later push may
 * have held or left out a row without sending it. ERR_CONFIG if the push is to
 * be rolled back, but no row has values before; ERR_ROW PUSH_PRUNED if there
 * are such rows, but the journal has the variables of none. */
MUST_CHECK bool
again_stage_all(struct stage *stage, enum again_what what, struct err *err);

/* How many rows of push `of` were undone. */
MUST_CHECK bool again_count_undone(struct journal *journal, int64_t of,
                                   int64_t *rows, struct err *err);

/* Rows of push `of` that an undo leaves alone: how many, and the first keys. */
struct again_left {
    int64_t changed; /* a later push has sent them */
    const char *changed_keys;
    int64_t imageless; /* there are no variables that undo them */
    const char *imageless_keys;
};

MUST_CHECK bool
again_find_left(struct journal *journal, int64_t of, struct arena *arena,
                struct again_left *left, struct err *err);

#endif
