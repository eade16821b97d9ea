/*
 * remove - delete or mark the rows that are gone, or keep them.
 *
 * Private to this folder; a step of the merge. In a full run, a row is gone if
 * it is not in staging. In an incremental run, a row is gone if its parent is
 * in staging and the row is not, or, two levels below the roots, if its parent
 * is gone.
 */
#ifndef LOAD_REMOVE_H
#define LOAD_REMOVE_H

#include "load/merge.h"

/* Queue what removes the rows of one table that are gone, as far as its
 * settings and the run's mode allow. table->removed gets their number. If
 * is_read_back, waits, adds their number to table->deleted, and adds rows that
 * a trigger or rule kept to table->not_deleted. */
MUST_CHECK bool remove_queue_gone(struct merge *merge,
                                  struct merge_table *table, struct err *err);

/* Does the run remove rows of the table that are gone? With @deletes(mode:
 * KEEP) it removes only rows that have an ordinal instead of a key. */
bool
remove_takes_all(const struct merge *merge, const struct merge_table *table);

#endif
