/*
 * swallowed - find rows that the merge should have written and did not.
 *
 * A user's trigger or rule may drop a row, or write it into another table. If a
 * table has triggers or rules, the merge reads the table to find out what it
 * has written. Otherwise it compares the number of rows that each statement
 * reports with the expected number.
 */
#ifndef LOAD_SWALLOWED_H
#define LOAD_SWALLOWED_H

#include "load/merge.h"

/* Look for triggers, rules and cascading foreign keys of the tables that exist:
 * queue the question, and take the answer. Sets merge_table.interferers and
 * is_read_back. */
void swallowed_queue_look(struct merge *merge);
void swallowed_take(struct merge *merge);

/* Both, with a wait. */
MUST_CHECK bool swallowed_look(struct merge *merge, struct err *err);

/* Call this after a table is merged. If rows were not written, it warns and
 * names the table's triggers and rules. ERR_FAILED with the code ROWS_LOST if
 * the table has none. */
MUST_CHECK bool
swallowed_report(struct merge *merge, const struct merge_table *table,
                 struct err *err);

#endif
