/*
 * foreign - columns that the user added to bulkpg's tables.
 *
 * Private to this folder. bulkpg does not change such columns. If a column of
 * the query has the same name, bulkpg would overwrite the user's values. Such a
 * query is refused, and the hint shows how to give the query's column another
 * name.
 */
#ifndef LOAD_FOREIGN_H
#define LOAD_FOREIGN_H

#include "load/target.h"

/* Check that a table that exists has no column that the query would write and
 * that bulkpg did not create. ERR_CONFIG with the code COLUMN_FOREIGN if it
 * has. Needs target->names. */
MUST_CHECK bool
foreign_check(const struct plan *plan, const struct plan_table *table,
              const char *schema, const struct target *target,
              const struct target_memory *memory, struct err *err);

#endif
