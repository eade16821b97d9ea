/*
 * truncated - connections that the store cut off without a word.
 *
 * A parent's line tells how many rows a connection below it has, where its
 * type counts them. Where nothing does, a row number that stores were seen to
 * cut at is worth a word.
 */
#ifndef LOAD_TRUNCATED_H
#define LOAD_TRUNCATED_H

#include "load/merge.h"

/* Between merge_settle() and merge_apply(): parents with fewer rows than they
 * counted are ERR_FAILED, code CHILDREN_MISSING, where the table is_whole and
 * the parent did not change afterwards, as far as it tells; else a warning, as
 * are parents with exactly 100 or 250 rows that nothing counts. */
MUST_CHECK bool truncated_check(struct merge *merge, struct err *err);

#endif
