/*
 * adapt - change existing tables so that the rows of a run fit into them.
 *
 * bulkpg adds each column that the query has and the table lacks. If the values
 * need it, it changes ids to text and a bigint to numeric. It narrows and drops
 * nothing. It masks values only with run --remask (remask.h). The changes are
 * one short transaction under lock_timeout, between the load and the merge.
 * bulkpg's own views over all stores are dropped and created again in it, if
 * they read a column that is widened.
 */
#ifndef LOAD_ADAPT_H
#define LOAD_ADAPT_H

#include "base/hmac.h"
#include "load/target.h"

/* Append the statements that existing tables need, one per line: new columns,
 * wider types. Appends nothing if the tables fit. `targets` has one entry per
 * table of the plan. */
void adapt_changes(struct buf *sql, const struct plan *plan, const char *schema,
                   const struct target *targets);

/* The same for one table. */
void adapt_table_changes(struct buf *sql, const struct plan_table *table,
                         const char *schema, const struct target *target);

/* Do these statements change the type of any column, or of this one? */
bool adapt_widens(const struct plan_table *table, const struct target *target);
bool adapt_column_widens(const struct plan_table *table,
                         const struct target *target, int column);

/* Append the names of the columns whose type or values change, as a JSON
 * array. False if there are none. */
bool adapt_changed_columns(struct buf *to, const struct plan_table *table,
                           const struct target *target);

/* Records in the journal which columns bulkpg created. It is called in the
 * transaction that creates them, so that a run that fails later leaves no
 * column that the journal does not know. */
typedef bool adapt_record_fn(void *ctx, struct pg_conn *conn, struct err *err);

/* Run the statements of all tables in one short transaction, so that an id and
 * the columns that refer to it widen together. `record` is called only if there
 * are statements to run, or values to mask. `mask_key` is only needed for these
 * values. After a failure nothing has changed. */
MUST_CHECK bool
adapt_to_plan(struct pg_conn *conn, const struct plan *plan, const char *schema,
              const struct target *targets, const struct hmac_key *mask_key,
              adapt_record_fn *record, void *ctx, struct err *err);

#endif
