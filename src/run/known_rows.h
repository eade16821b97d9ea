/*
 * known_rows - decides which tables of a run are compared before their rows are
 * sent.
 *
 * A full run first reads the hashes of a table's rows. A row of the result that
 * has one of these hashes did not change, and is not sent (load/compare.h).
 */
#ifndef RUN_KNOWN_ROWS_H
#define RUN_KNOWN_ROWS_H

#include "load/merge.h"
#include "run/attempt.h"

/* Before the lines: read the hashes of the tables that take part, while there
 * is memory for them. */
MUST_CHECK bool known_rows_read(struct attempt *attempt, struct err *err);

/* What the merge of a table must know of them. */
void known_rows_describe(struct attempt *attempt, struct merge_table *table);

/* Once the merge is done: what the journal is to know for the next run, and the
 * log to say of this one. */
void known_rows_note(struct attempt *attempt, const struct merge *merge);

#endif
