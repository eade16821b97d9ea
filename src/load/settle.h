/*
 * settle - reduce staging to one row for each key.
 *
 * Private to this folder; a step of the merge, before it changes any table. A
 * row or its parent may be in the result more than once, because the store
 * writes the result while the data changes. The last line is kept.
 */
#ifndef LOAD_SETTLE_H
#define LOAD_SETTLE_H

#include "load/merge.h"

/* Delete rows of lists whose parent appears again in a later line. Sets
 * merge_table.superseded. */
MUST_CHECK bool settle_lists(struct merge *merge, struct err *err);

/* Queues what is sent in the same wait, after all tables. */
typedef bool settle_after_fn(struct merge *merge, struct err *err);

/* Create the key of each table's staging, delete each row that has the same key
 * as a later row, and number the rows (_ordinal, _position). Sets
 * merge_table.duplicates. */
MUST_CHECK bool
settle_tables(struct merge *merge, settle_after_fn *after, struct err *err);

#endif
