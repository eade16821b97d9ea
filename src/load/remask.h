/*
 * remask - columns that have values, and get a mask or another one.
 *
 *     the values are plain        masked, in the table and its history
 *     they are masked otherwise   NULL: the plain values are not there any more
 *     it is not known how         NULL; only in a history that was not kept
 *     there are none              only the column's type changes
 *
 * This is a part of the transaction of adapt.h, which rewrites the tables.
 * Plain values come from the server, and do not go back to it.
 */
#ifndef LOAD_REMASK_H
#define LOAD_REMASK_H

#include "base/hmac.h"
#include "load/target.h"

/* After target_inspect(): which columns have values whose mask changes? Those
 * without values are MASK_CLEARS from now on. ERR_CONFIG with the code
 * MASK_FILLED if there is one with values, and not `may`. */
MUST_CHECK bool
remask_find(struct pg_conn *conn, const struct plan *plan, const char *schema,
            const struct target *targets, bool may, struct err *err);

/* Does the mask of a column of the table change, or of any column in its
 * history? */
bool remask_any(const struct plan_table *table, const struct target *target);

/* Append a comment in SQL for each column of the table or its history whose
 * values remask_values() masks. */
void remask_describe(struct buf *sql, const struct plan_table *table,
                     const char *schema, const struct target *target);

/* Mask the values of columns that are MASK_APPLIES. Their type is text
 * already. */
MUST_CHECK bool remask_values(struct pg_conn *conn, const struct plan *plan,
                              const char *schema, const struct target *targets,
                              const struct hmac_key *key, struct err *err);

#endif
