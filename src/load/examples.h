/*
 * examples - in a dry run, the keys of some rows that the merge inserts,
 * updates or removes, before it is rolled back.
 */
#ifndef LOAD_EXAMPLES_H
#define LOAD_EXAMPLES_H

#include "load/merge.h"

enum examples_kind { EXAMPLES_INSERTED, EXAMPLES_UPDATED, EXAMPLES_REMOVED };

/* Queue the statement `text`, which changes rows in this way. *rows gets their
 * number. Histories are not changed. */
MUST_CHECK bool
examples_queue_change(struct merge *merge, struct merge_table *table,
                      const struct merge_table *above, const char *text,
                      enum examples_kind kind, int64_t *rows, struct err *err);

/* The keys of such rows, as text in the arena: "7, 9" or, of children, "7/31";
 * NULL: there are none, or this is not a dry run. */
const char *examples_text(const struct merge_table *table,
                          enum examples_kind kind, struct arena *arena);

void examples_free(struct merge_table *table);

#endif
