/*
 * chunk - one chunk of a push, from planned to settled.
 */
#ifndef PUSH_CHUNK_H
#define PUSH_CHUNK_H

#include "push/push.h"

/* Do what is left of chunk n, whose state is in the journal. True if it is
 * settled; its rows then have their states. False with ERR_LATER if its outcome
 * is not known yet: a later push looks again. It is called in a task of its
 * own; several run at once. */
MUST_CHECK bool chunk_run(struct push *push, int n, struct err *err);

/* Before a push's first submission: ERR_FAILED if the store has operations of
 * this journal that the journal does not know. */
MUST_CHECK bool chunk_check_journal(struct push *push, struct err *err);

/* Before a chunk is settled by hand as failed: make sure that its staged file
 * cannot run any more. */
MUST_CHECK bool chunk_fence(struct push *push, int n, struct err *err);

/* Send the rows of chunk 1 as single requests, and settle them. */
MUST_CHECK bool direct_run(struct push *push, struct err *err);

#endif
