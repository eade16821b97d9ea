/*
 * settle - staging as the tables are to be: one row for each key.
 *
 * Private to this folder; a step of the merge, before any table is touched. A
 * row or its parent may come more than once, since the store writes its result
 * while the data changes: the line that came last holds.
 */
#ifndef LOAD_SETTLE_H
#define LOAD_SETTLE_H

#include "load/merge.h"

/* Delete rows of lists whose parent came again in a later line. Fills
 * merge_table.superseded. */
MUST_CHECK bool settle_lists(struct merge *merge, struct err *err);

/* Give one table's staging its key, delete what has the key of a later row,
 * and number rows that have only a place. Fills merge_table.duplicates. */
MUST_CHECK bool
settle_table(struct merge *merge, struct merge_table *table, struct err *err);

#endif
