/*
 * promote - a first load: the staging table becomes the table.
 *
 * Private to this folder; a step of the merge. The staging table gets the
 * table's name, so that rows are written only once. It also gets the
 * table's indexes, comments and grants, which staging does not have.
 */
#ifndef LOAD_PROMOTE_H
#define LOAD_PROMOTE_H

#include "base/buf.h"
#include "load/merge.h"

/* Queue the statements. Needs settle_tables(), which has created the key. */
MUST_CHECK bool
promote_table(struct merge *merge, struct merge_table *table, struct err *err);

/* After the statements were settled: queue the GRANT statements for the default
 * privileges, which stage_create() revoked from staging. */
void promote_queue_grants(struct merge *merge, struct merge_table *table);

/* Append a GRANT SELECT on a table, or on a history, for each of the run's
 * readers. */
void promote_append_grants(struct buf *sql, const struct merge *merge,
                           const char *table);

#endif
