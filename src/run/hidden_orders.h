/*
 * hidden_orders - without the scope read_all_orders a store shows the orders
 * of 60 days only: older ones that do not come are not gone.
 */
#ifndef RUN_HIDDEN_ORDERS_H
#define RUN_HIDDEN_ORDERS_H

#include "run/state.h"

/* Does the table hold orders, or what is below them? */
bool hidden_orders_has(const struct plan_table *table);

/* Sets run->hides_orders, and warns of it. */
MUST_CHECK bool hidden_orders_find(struct run *run, struct err *err);

#endif
