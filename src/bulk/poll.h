/*
 * poll - ask after an operation until the store is done with it.
 */
#ifndef BULK_POLL_H
#define BULK_POLL_H

#include "base/err.h"

struct operation;

/* Until it has ended, however it ended; each answer is kept in the journal.
 * When [tuning] deadline is over it is canceled: ERR_FAILED with the code
 * DEADLINE, or ERR_LATER if the store could not be asked to. */
MUST_CHECK bool poll_until_ended(struct operation *operation, struct err *err);

#endif
