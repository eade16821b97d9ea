/*
 * cancel - ask the store to cancel an operation that bulkpg submitted.
 *
 * Only the operation's row in the journal is needed, not its run: `bulkpg
 * cancel` cancels operations of other processes, and a new run cancels those
 * that earlier runs left.
 */
#ifndef BULK_CANCEL_H
#define BULK_CANCEL_H

#include "bulk/place.h"
#include "journal/operation.h"

/* Ask the store to cancel an operation, and save the store's answer in the
 * journal. It may take the store minutes to cancel it. If the query does not
 * begin with this journal's marker, the operation is left alone: ERR_FAILED
 * with the code NOT_OURS. At `deadline_ms` (0: none) the request ends with
 * ERR_LATER. */
MUST_CHECK bool
cancel_ask(const struct bulk_place *place, struct journal_operation *row,
           int64_t deadline_ms, const struct log_ctx *log, struct err *err);

/* The same for an operation that another run left. If its submission was not
 * answered, look for it at the store first, once. */
MUST_CHECK bool
cancel_ask_left(const struct bulk_place *place, struct journal_operation *row,
                int64_t deadline_ms, struct arena *arena,
                const struct log_ctx *log, struct err *err);

/* Poll until the operation has ended. ERR_LATER when the retry budget is
 * spent: a store can take minutes to cancel. */
MUST_CHECK bool
cancel_await_end(const struct bulk_place *place, struct journal_operation *row,
                 const struct log_ctx *log, struct err *err);

#endif
