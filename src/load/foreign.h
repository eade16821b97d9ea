/*
 * foreign - columns of our tables that the user added.
 *
 * Private to this folder. bulkpg leaves them alone. A query that has a field
 * of such a name would overwrite their values, so it is refused; the hint
 * shows the alias or directive that avoids the name.
 */
#ifndef LOAD_FOREIGN_H
#define LOAD_FOREIGN_H

#include "load/target.h"

/* Has the table, which exists, a column that the query writes and that bulkpg
 * did not create? ERR_CONFIG, code COLUMN_FOREIGN. Reads target->names. */
MUST_CHECK bool
foreign_check(const struct plan *plan, const struct plan_table *table,
              const char *schema, const struct target *target,
              const struct target_memory *memory, struct err *err);

#endif
