/*
 * route - find the table of a line that is not a root.
 *
 * Private to this folder. A line belongs to a table only if the table's rows
 * can have its id. If the table is not certain, the line is rejected.
 */
#ifndef LOAD_ROUTE_H
#define LOAD_ROUTE_H

#include "base/err.h"
#include "base/span.h"
#include "json/record.h"
#include "plan/plan.h"

/* The table of a line with a __parentId; NULL and ERR_ROW if it is not
 * certain. */
const struct plan_table *
route_line(const struct plan *plan, const struct record *record,
           struct err *err);

/* Can the table's rows have ids of this gid type? */
bool route_allows(const struct plan_table *table, struct span gid_type);

#endif
