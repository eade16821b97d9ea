/*
 * said - what the store said of an operation, kept in the journal.
 */
#ifndef BULK_SAID_H
#define BULK_SAID_H

#include "journal/operation.h"
#include "shopify/bulk.h"

/* Keep `bulk` as the last that the store said. `row` then points into it. */
MUST_CHECK bool
said_keep(struct journal *journal, struct journal_operation *row,
          const struct bulk_operation *bulk, struct err *err);

/* Keep that the store does not have it, so that it is not asked for again. */
MUST_CHECK bool
said_keep_missing(struct journal *journal, const struct journal_operation *row,
                  struct err *err);

/* Does the store still work on it, as far as the journal knows? */
bool said_is_running(const struct journal_operation *row);

#endif
