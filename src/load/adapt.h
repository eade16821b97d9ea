/*
 * adapt - what must change in tables that exist before rows can be merged into
 * them, and the change.
 *
 * A column of the query's that the table lacks is added; ids become text and
 * a bigint numeric if wider values came. Nothing is narrowed or dropped. The
 * change is a short transaction under lock_timeout, between the load and the
 * merge; our views over all stores that read a column that widens are remade
 * in it.
 */
#ifndef LOAD_ADAPT_H
#define LOAD_ADAPT_H

#include "load/target.h"

/* The statements that existing tables need, one a line: new columns, widened
 * types. Nothing is appended when they fit. */
void adapt_changes(struct buf *sql, const struct plan *plan, const char *schema,
                   const struct target *targets);

/* The same of one table. And the columns whose type they change, as a JSON
 * array; false when there are none. */
void adapt_table_changes(struct buf *sql, const struct plan_table *table,
                         const char *schema, const struct target *target);
bool adapt_widens(const struct plan_table *table, const struct target *target);
bool adapt_column_widens(const struct plan_table *table,
                         const struct target *target, int column);
bool adapt_changed_columns(struct buf *to, const struct plan_table *table,
                           const struct target *target);

/* Records which columns are ours, in the transaction that creates them: a run
 * that fails later leaves no column that nobody knows. */
typedef bool adapt_record_fn(void *ctx, struct pg_conn *conn, struct err *err);

/* Run those statements in one short transaction, tables by name: ids and what
 * points to them widen together. `record` is called only if there are any. */
MUST_CHECK bool
adapt_to_plan(struct pg_conn *conn, const struct plan *plan, const char *schema,
              const struct target *targets, adapt_record_fn *record, void *ctx,
              struct err *err);

#endif
