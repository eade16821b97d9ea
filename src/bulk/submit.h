/*
 * submit - submit a document exactly once, even if the answer is lost.
 */
#ifndef BULK_SUBMIT_H
#define BULK_SUBMIT_H

#include "base/err.h"

struct operation;
struct run_first;

/* Describe the first attempt of an operation whose run has no id yet. Then,
 * with the id in operation->run: the attempt is in the journal already. */
void submit_describe_first(const struct operation *operation,
                           struct run_first *first);
void submit_has_first(struct operation *operation);

/* Submit until the store has taken the document, or find the operation that an
 * earlier process submitted without seeing the answer. Afterwards its id is in
 * the journal. ERR_DENIED, ERR_FAILED, ERR_LATER, ERR_CONFIG, ERR_STOPPED. */
MUST_CHECK bool
submit_until_taken(struct operation *operation, struct err *err);

#endif
