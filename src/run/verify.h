/*
 * verify - is what was received what the store said it wrote?
 */
#ifndef RUN_VERIFY_H
#define RUN_VERIFY_H

#include "load/loader.h"
#include "source/source.h"

/* Bytes and lines of one operation's result against its claims. ERR_FAILED
 * with the codes WRONG_BYTES, WRONG_LINES, WRONG_ROOTS, naming both numbers. */
MUST_CHECK bool verify_result(const struct source_claims *claims,
                              const struct loader_counts *counts,
                              uint64_t bytes, struct err *err);

/* A file whose roots are all of another type, `other`, and that does not say
 * which query it is of, is another query's: ERR_CONFIG, code OTHER_QUERY. NULL:
 * they are not. */
MUST_CHECK bool
verify_roots(const struct source *source, const struct plan *plan,
             const char *other, struct err *err);

/* Lines staged against lines received, in the merge's transaction. Code
 * WRONG_STAGED. */
MUST_CHECK bool verify_staged(int64_t staged, int64_t skipped, int64_t rejects,
                              int64_t lines, struct err *err);

#endif
