/*
 * said - save in the journal what the store said about an operation.
 */
#ifndef BULK_SAID_H
#define BULK_SAID_H

#include "journal/operation.h"
#include "shopify/bulk.h"

/* Save `bulk`, the store's last answer. `row` points into it afterwards. */
MUST_CHECK bool
said_keep(struct journal *journal, struct journal_operation *row,
          const struct bulk_operation *bulk, struct err *err);

/* Save the answer that the result is ready, with the journal's next statement:
 * the load begins. */
MUST_CHECK bool
said_keep_last(struct journal *journal, struct journal_operation *row,
               const struct bulk_operation *bulk, struct err *err);

/* Save its first answer. The run's status becomes `polling`. */
MUST_CHECK bool
said_keep_submitted(struct journal *journal, const struct run_ref *run,
                    struct journal_operation *row,
                    const struct bulk_operation *bulk, struct err *err);

/* Save that the store does not have the operation, so that bulkpg does not
 * look for it again. */
MUST_CHECK bool
said_keep_missing(struct journal *journal, const struct journal_operation *row,
                  struct err *err);

/* According to the journal, does the store still work on the operation? */
bool said_is_running(const struct journal_operation *row);

#endif
