/*
 * versions - the histories of tables with @history, in a merge.
 *
 *     the history was kept so far    each statement that changes rows begins or
 *                                    ends their versions
 *     it is new or was not kept,     after the changes of all tables,
 *     or objects of the user         versions_queue_settle() makes it fit the
 *     change rows                    table
 *
 * Both happen in the merge's transaction, so that table and history never
 * differ. A table of the merge may have triggers, rules or foreign keys of the
 * user that change rows which no statement returns (load/swallowed.h). Also,
 * PostgreSQL refuses statements within WITH for tables with some rules.
 */
#ifndef LOAD_VERSIONS_H
#define LOAD_VERSIONS_H

#include "load/merge.h"
#include "load/target.h"

enum versions_change { VERSIONS_OPEN, VERSIONS_CLOSE };

/* Read what the history of a table looks like. The state already has what must
 * happen to its masks. If a column was widened, the plan is widened too.
 * Columns that are rewritten may have any type. ERR_CONFIG if another relation
 * has its name. ERR_FAILED if a column does not fit the plan. */
MUST_CHECK bool
versions_inspect(struct pg_conn *conn, const struct plan_table *table,
                 const char *schema, struct history_state *state,
                 struct arena *arena, struct err *err);

/* Ask ahead what versions_inspect() asks. */
void versions_inspect_ahead(struct pg_conn *conn, const void *owner,
                            const struct plan_table *table, const char *schema);

/* Queue a statement that writes rows (VERSIONS_OPEN), or that deletes or marks
 * them (VERSIONS_CLOSE). Its only parameter is loaded_at, which a statement
 * that deletes does not have. *rows gets the number of changed rows. In a dry
 * run, histories stay as they are. */
MUST_CHECK bool
versions_queue_change(struct merge *merge, struct merge_table *table,
                      const struct merge_table *above, const char *text,
                      enum versions_change change, int64_t *rows,
                      struct err *err);

/* When all tables have changed: make the history fit the table, and create it
 * if it does not exist. Nothing if it was kept. */
MUST_CHECK bool
versions_queue_settle(struct merge *merge, struct merge_table *table,
                      struct err *err);

#endif
