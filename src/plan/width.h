/*
 * width - check that the rows of a table fit into a page of PostgreSQL.
 */
#ifndef PLAN_WIDTH_H
#define PLAN_WIDTH_H

#include "graphql/notes.h"
#include "plan/plan.h"

/* The bytes that a row can need in its page if every column has a value. Long
 * values are stored elsewhere and need only a pointer. */
int width_of_row(const struct plan_table *table);

/* One note per table whose rows may not fit, in `arena`; NULL: none. */
struct gql_note *width_notes(const struct plan *plan, struct arena *arena);

#endif
