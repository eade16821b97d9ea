/*
 * statements - what a run of a plan sends to the database, for people to read.
 *
 * In the order in which it is sent: staging, the guards, then per table what a
 * first load does and what a later one does, full and incremental. Names of
 * staging are those of run 1; a run has its own number there.
 */
#ifndef PLAN_STATEMENTS_H
#define PLAN_STATEMENTS_H

#include "base/buf.h"
#include "plan/plan.h"

void
statements_print(struct buf *sql, const struct plan *plan, const char *schema);

#endif
