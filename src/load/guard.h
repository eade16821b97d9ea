/*
 * guard - results that are rightly counted and wrong all the same.
 *
 * A store can answer with nothing, with too little, or with columns that a
 * plan or a permission hides. Nothing but the tables as they were tells, so
 * they are asked, in the merge's transaction, before it commits.
 */
#ifndef LOAD_GUARD_H
#define LOAD_GUARD_H

#include "load/merge.h"

/* Between merge_settle() and merge_apply(): a column is NULL in all rows that
 * came, and held values in over 20 % of the table's rows with the same keys,
 * if those are 10 rows or more. ERR_FAILED, code COLUMN_NULL. */
MUST_CHECK bool guard_nulls(struct merge *merge, struct err *err);

/* After merge_apply(): no root came in a full run and there were some (code
 * NO_ROOTS), or more than `fraction` of a table's rows went, where it had over
 * 100 (code TOO_MANY_DELETES). ERR_FAILED. */
MUST_CHECK bool
guard_deletes(struct merge *merge, double fraction, struct err *err);

#endif
