/*
 * poll - poll an operation until it has ended.
 */
#ifndef BULK_POLL_H
#define BULK_POLL_H

#include "base/err.h"

struct operation;

/* Poll until the operation has ended, with any status. Each answer is saved in
 * the journal. When the operation is older than [tuning] deadline, cancel it:
 * ERR_FAILED with the code DEADLINE, or ERR_LATER if the store could not be
 * asked to cancel it. */
MUST_CHECK bool poll_until_ended(struct operation *operation, struct err *err);

#endif
