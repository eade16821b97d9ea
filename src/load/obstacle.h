/*
 * obstacle - what in the database would end a run only after its download.
 *
 * Rights that are missing, other people's views over a column that must
 * change its type, names that something else has: found before anything is
 * asked of the store, and again before a load begins anew with wider ids.
 */
#ifndef LOAD_OBSTACLE_H
#define LOAD_OBSTACLE_H

#include "load/target.h"

/* May tables be made in the schema, or it, where it does not exist? */
MUST_CHECK bool obstacle_in_schema(struct pg_conn *conn, const char *schema,
                                   bool *exists, struct err *err);

/* After target_inspect(). ERR_DENIED (42501) for rights, ERR_FAILED with the
 * code COLUMN_IN_USE or NAME_TAKEN: the message says what is in the way, the
 * hint what to do. */
MUST_CHECK bool
obstacle_find(struct pg_conn *conn, const struct plan *plan, const char *schema,
              const struct target *targets, struct err *err);

/* After a merge or a change of tables failed and was rolled back: if a user's
 * trigger, CHECK, default, index or rule of a table did not find a name under
 * our search_path, the failure names it and what to do (SEARCH_PATH). */
void obstacle_explain(struct pg_conn *conn, const struct plan *plan,
                      const char *schema, struct err *err);

#endif
