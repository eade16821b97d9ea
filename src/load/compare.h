/*
 * compare - recognise unchanged rows before they are sent.
 *
 *     compare_queue_read ─► load ─► compare_begin ─► count ─► settle:
 *                                                        compare_queue_changed
 *                  merge_apply: compare_list ◄─ compare_settled ◄────┘
 *
 * The hashes of a table's rows are read into a set before the load (known.h),
 * which marks those that come. In the merge's transaction the set must still be
 * true: the table's rows are as they were read, or at least the marked ones
 * exist; and no key came twice, which shows in staging, in the set, or in a
 * marked row that is to be updated. Otherwise the code is NOT_COMPARED: the
 * load restarts and sends all rows.
 */
#ifndef LOAD_COMPARE_H
#define LOAD_COMPARE_H

#include "load/merge.h"

/* Before the load: how many rows each table has, by plan index, of those that
 * `asked` says; -1: it has rows marked as gone that a run would not mark. */
MUST_CHECK bool compare_count(struct merge *merge, const bool *asked,
                              int64_t *rows, struct err *err);

/* Queue what adds the hashes of the table's rows to the set. */
MUST_CHECK bool
compare_queue_read(struct merge *merge, const struct merge_table *table,
                   struct known *known, struct err *err);

/* First in the merge, which may be tried again. Queues what compare_settled()
 * must know. */
MUST_CHECK bool compare_begin(struct merge *merge, struct err *err);

/* Once staging is settled. */
MUST_CHECK bool compare_settled(struct merge *merge, struct err *err);

/* Queue, after what lists the table's changes, what looks at the rows that
 * change. Then, are all of them rows that did not come unchanged? */
MUST_CHECK bool
compare_queue_changed(struct merge *merge, struct merge_table *table,
                      struct err *err);
MUST_CHECK bool
compare_changed(const struct merge *merge, const struct merge_table *table,
                struct err *err);

/* List the hashes by which the table's rows that went are found, in a table
 * of their own; *any is false if none went. */
MUST_CHECK bool compare_list(struct merge *merge, struct merge_table *table,
                             bool *any, struct err *err);

#endif
