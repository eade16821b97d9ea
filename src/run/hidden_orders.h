/*
 * hidden_orders - without the scope read_all_orders, a store shows only the
 * orders of the last 60 days. An older order that is not in the result must not
 * be removed.
 */
#ifndef RUN_HIDDEN_ORDERS_H
#define RUN_HIDDEN_ORDERS_H

#include "run/state.h"

/* Ask ahead what hidden_orders_find() asks: see pg/queue.h. */
void hidden_orders_ahead(const struct run *run, struct pg_conn *conn);

/* True if the table, or a table above it, has orders. */
bool hidden_orders_has(const struct plan_table *table);

/* Set run->hides_orders, with a warning if it is true. */
MUST_CHECK bool hidden_orders_find(struct run *run, struct err *err);

#endif
