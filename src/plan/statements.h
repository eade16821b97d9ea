/*
 * statements - print the statements that a run of a plan sends to the database.
 *
 * They are in the order of a run: staging, then for each table the guards, a
 * first load, and a later load, both full and incremental. A job that is read
 * by pages has statements for its pages, too. Staging has the names of run 1;
 * each run uses its own number.
 */
#ifndef PLAN_STATEMENTS_H
#define PLAN_STATEMENTS_H

#include "base/buf.h"
#include "plan/plan.h"

void
statements_print(struct buf *sql, const struct plan *plan, const char *schema);

#endif
