/*
 * promote - a first load: staging becomes the table.
 *
 * Private to this folder; a step of the merge. A table that did not exist gets
 * its rows by a new name and a key, and no row is written twice. What a table
 * has by default and staging had not follows: comments, grants.
 */
#ifndef LOAD_PROMOTE_H
#define LOAD_PROMOTE_H

#include "base/buf.h"
#include "load/merge.h"

/* The table's key was made by settle_table(). */
MUST_CHECK bool
promote_table(struct merge *merge, struct merge_table *table, struct err *err);

/* GRANT SELECT to each of the run's readers. */
void promote_append_grants(struct buf *sql, const struct merge *merge,
                           const struct plan_table *table);

#endif
