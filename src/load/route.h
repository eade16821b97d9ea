/*
 * route - find the table of a line.
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

/* The table of a line that was cut from a page: the one whose tag is true. NULL
 * if the line is from a bulk result, where a tag is the name of a type. */
const struct plan_table *
route_paged(const struct plan *plan, const struct record *record);

/* Can the table's rows have ids of this gid type? */
bool route_allows(const struct plan_table *table, struct span gid_type);

#endif
