/*
 * truncated - find connections that the store truncated without an error.
 *
 * If the parent's type has a count, the parent's line says how many rows the
 * connection must have. If not, a parent with exactly 100 or 250 rows is
 * suspicious, because stores have truncated connections at these numbers.
 */
#ifndef LOAD_TRUNCATED_H
#define LOAD_TRUNCATED_H

#include "load/merge.h"

/* Queue the questions, once staging has one row per key. */
MUST_CHECK bool truncated_queue(struct merge *merge, struct err *err);

/* Call this between merge_settle() and merge_apply(). ERR_FAILED with the code
 * CHILDREN_MISSING if a parent has fewer rows than it counted, the table
 * is_whole, and the parent has certainly not changed since the operation began.
 * Otherwise fewer rows than counted are a warning. A parent without a count
 * that has exactly 100 or 250 rows is a warning too. */
MUST_CHECK bool truncated_check(const struct merge *merge, struct err *err);

/* Does it ask the server about the rows below each parent, since what came does
 * not tell? Before merge_settle(), as far as no key is twice. */
bool
truncated_is_asked(const struct merge *merge, const struct merge_table *table);

#endif
