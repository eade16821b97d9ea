/*
 * swallowed - rows that were not written although a statement said so.
 *
 * A user's trigger or rule may drop a row, or write it somewhere else. Where a
 * table has any, what the merge did is read back from the table; elsewhere the
 * number of rows that each statement reports is compared with what it should
 * have done.
 */
#ifndef LOAD_SWALLOWED_H
#define LOAD_SWALLOWED_H

#include "load/merge.h"

/* Which triggers, rules and cascading foreign keys do the tables have that
 * exist? Fills merge_table.interferers and is_read_back. */
MUST_CHECK bool swallowed_look(struct merge *merge, struct err *err);

/* After a table is merged: rows that were not written are a warning that names
 * the table's own triggers and rules; without any, ERR_FAILED. */
MUST_CHECK bool
swallowed_report(struct merge *merge, const struct merge_table *table,
                 struct err *err);

#endif
