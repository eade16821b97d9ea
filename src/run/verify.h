/*
 * verify - compares the received result with the counts that the store
 * announced.
 */
#ifndef RUN_VERIFY_H
#define RUN_VERIFY_H

#include "load/loader.h"
#include "source/source.h"

/* Compare bytes, lines and roots of one operation's result with its claims.
 * ERR_FAILED with the code WRONG_BYTES, WRONG_LINES or WRONG_ROOTS; the message
 * has both numbers. */
MUST_CHECK bool verify_result(const struct source_claims *claims,
                              const struct loader_counts *counts,
                              uint64_t bytes, struct err *err);

/* Check that a saved file without a sidecar is a result of this query. `other`
 * is a gid type if no root has the type that the query's roots have, such as
 * those of `root`; NULL: at least one has. ERR_CONFIG with the code
 * OTHER_QUERY. */
MUST_CHECK bool
verify_roots(const struct source *source, const struct plan_table *root,
             const char *other, struct err *err);

/* Compare the lines in staging with the lines received. Called in the merge's
 * transaction. ERR_FAILED with the code WRONG_STAGED. */
MUST_CHECK bool verify_staged(int64_t staged, int64_t skipped, int64_t rejects,
                              int64_t lines, struct err *err);

#endif
