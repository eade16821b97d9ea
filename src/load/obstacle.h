/*
 * obstacle - find problems in the database that would fail a run only after its
 * download.
 *
 * These are missing rights, a user's view that reads a column whose type must
 * change, and names that are already taken. The checks run before bulkpg asks
 * the store for anything, and again before a load restarts with wider columns.
 */
#ifndef LOAD_OBSTACLE_H
#define LOAD_OBSTACLE_H

#include "load/target.h"

/* Check that bulkpg may create tables in the schema or, if it does not exist,
 * the schema itself. Sets *exists. ERR_DENIED (42501) if it may not. */
MUST_CHECK bool obstacle_in_schema(struct pg_conn *conn, const char *schema,
                                   bool *exists, struct err *err);

/* Check all tables of the plan. `targets` come from target_inspect(). The error
 * is ERR_DENIED (42501) for a missing right, or ERR_FAILED with the code
 * COLUMN_IN_USE or NAME_TAKEN. Its message names the object that prevents the
 * change, and its hint says what to do. */
MUST_CHECK bool
obstacle_find(struct pg_conn *conn, const struct plan *plan, const char *schema,
              const struct target *targets, struct err *err);

/* Explain a failed merge or change of tables, after its rollback. A user's
 * trigger, CHECK, default, index or rule may call a function that does not find
 * a name under bulkpg's search_path. If there is such a function, `err` then
 * names it (SEARCH_PATH), and its hint says what to do. Else `err` stays. */
void obstacle_explain(struct pg_conn *conn, const struct plan *plan,
                      const char *schema, struct err *err);

/* Ask ahead what obstacle_in_schema() and obstacle_find() usually ask: see
 * pg/queue.h. `targets` are the tables as they were before; NULL: not known. */
void
obstacle_ahead(struct pg_conn *conn, const void *owner, const struct plan *plan,
               const char *schema, const struct target *targets);

#endif
