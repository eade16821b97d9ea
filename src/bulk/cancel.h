/*
 * cancel - ask the store to stop an operation that is ours.
 *
 * It needs a row of the journal and no run under way: `bulkpg cancel` cancels
 * what other processes submitted, a new run what earlier ones left behind.
 */
#ifndef BULK_CANCEL_H
#define BULK_CANCEL_H

#include "bulk/place.h"
#include "journal/operation.h"

/* Ask the store to cancel one of ours, and keep what it says in the journal.
 * It may take a while to end. One whose query does not begin with our
 * journal's marker is left alone: ERR_FAILED with the code NOT_OURS. At
 * `deadline_ms` (0: none) it ends with ERR_LATER. */
MUST_CHECK bool
cancel_ask(const struct bulk_place *place, struct journal_operation *row,
           int64_t deadline_ms, const struct log_ctx *log, struct err *err);

/* The same for what another run left there, even if its answer never came:
 * bulkpg looks for it once. */
MUST_CHECK bool
cancel_ask_left(const struct bulk_place *place, struct journal_operation *row,
                struct arena *arena, const struct log_ctx *log,
                struct err *err);

/* Poll until it has ended, as long as the retry budget lasts: a store takes
 * minutes to cancel. ERR_LATER then. */
MUST_CHECK bool
cancel_await_end(const struct bulk_place *place, struct journal_operation *row,
                 const struct log_ctx *log, struct err *err);

#endif
