/*
 * push_cancel - cancels a push, for the command `cancel`.
 */
#ifndef PUSH_CANCEL_H
#define PUSH_CANCEL_H

#include "job/context.h"
#include "journal/push.h"

/* Cancel the push in the journal, so that its process submits nothing more, and
 * its bulk operations at the store. Rows that were applied stay applied; the
 * next push of the job reads the results. *operations: how many were running.
 */
MUST_CHECK bool
push_cancel(struct context *context, struct store_state *store,
            const struct journal_push *push, struct arena *arena,
            int *operations, struct err *err);

#endif
