/*
 * remove - rows that are gone: deleted, marked, or kept.
 *
 * Private to this folder; a step of the merge. In a full run a row is gone if
 * it did not come. In an incremental run it is gone if its parent came and it
 * did not, or, two levels below the roots, if its parent is gone.
 */
#ifndef LOAD_REMOVE_H
#define LOAD_REMOVE_H

#include "load/merge.h"

/* Remove what the table and the run's mode say; table->deleted counts it, and
 * table->not_deleted what a trigger or rule kept, where that is read back. */
MUST_CHECK bool
remove_gone(struct merge *merge, struct merge_table *table, struct err *err);

/* Does every row go that a full run finds gone? */
bool
remove_takes_all(const struct merge *merge, const struct merge_table *table);

#endif
