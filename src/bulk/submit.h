/*
 * submit - submit a document once, whatever becomes of the answer.
 */
#ifndef BULK_SUBMIT_H
#define BULK_SUBMIT_H

#include "base/err.h"

struct operation;

/* Submit it until the store has taken it, or find what an earlier process
 * submitted without seeing the answer. Then its id is in the journal.
 * ERR_DENIED, ERR_FAILED, ERR_LATER, ERR_CONFIG, ERR_STOPPED. */
MUST_CHECK bool
submit_until_taken(struct operation *operation, struct err *err);

#endif
