/*
 * guard - stop a run whose counts are correct but whose result looks wrong.
 *
 * A store may return nothing, too little, or empty columns that its plan or a
 * missing permission hides. This shows only in comparison with the rows that
 * the tables had before. The guards compare them in the merge's transaction,
 * before it commits.
 */
#ifndef LOAD_GUARD_H
#define LOAD_GUARD_H

#include "load/merge.h"

/* Queue the question of guard_nulls(); merge_settle() does it. */
MUST_CHECK bool guard_queue_nulls(struct merge *merge, struct err *err);

/* Call this between merge_settle() and merge_apply(). ERR_FAILED with the code
 * COLUMN_NULL if a column is NULL in all rows in staging, although it has
 * values in more than 20 % of the table's rows with the same keys. It needs at
 * least 10 such rows. */
MUST_CHECK bool guard_nulls(struct merge *merge, struct err *err);

/* Call this after merge_apply(). ERR_FAILED with the code NO_ROOTS if a full
 * run received no roots although the table had rows, or with TOO_MANY_DELETES
 * if more than `fraction` of the rows of a table were removed. Tables that had
 * at most 100 rows are exempt from the latter. */
MUST_CHECK bool
guard_deletes(struct merge *merge, double fraction, struct err *err);

#endif
