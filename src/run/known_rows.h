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

/* The sets for hashes that are read ahead, by plan index. NULL: when the run
 * began, a table was not small or did not take part; or there is no memory for
 * them. */
struct known **known_rows_few(struct run *run);

/* Queue what reads the hashes into the sets. */
MUST_CHECK bool known_rows_queue(struct run *run, struct pg_conn *conn,
                                 struct known **known, struct err *err);

/* Can the sets be used, now that the tables were inspected again? */
bool known_rows_hold(const struct run *run, struct known *const *known);
void known_rows_free(const struct run *run, struct known **known);

/* Hand the sets over to the loader. */
void known_rows_use(struct attempt *attempt);

/* Before the lines, if nothing was read ahead: read the hashes of the tables
 * that take part, while there is memory for them. */
MUST_CHECK bool known_rows_read(struct attempt *attempt, struct err *err);

/* What the merge of a table must know of them. */
void known_rows_describe(struct attempt *attempt, struct merge_table *table);

/* Once the merge is done: what the journal is to know for the next run, and the
 * log to say of this one. */
void known_rows_note(struct attempt *attempt, const struct merge *merge);

#endif
