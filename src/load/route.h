/*
 * route - which table a line below a root belongs to.
 *
 * Private to this folder. A line is put into a table only if its id can be one
 * of that table's rows; what cannot be told for certain is a reject.
 */
#ifndef LOAD_ROUTE_H
#define LOAD_ROUTE_H

#include "base/err.h"
#include "base/span.h"
#include "json/record.h"
#include "plan/plan.h"

/* The table that a line with a __parentId belongs to; NULL and ERR_ROW if
 * that cannot be known for certain. */
const struct plan_table *
route_line(const struct plan *plan, const struct record *record,
           struct err *err);

/* Can rows of the table have ids of this gid type? */
bool route_allows(const struct plan_table *table, struct span gid_type);

#endif
