/*
 * width - whether a table's rows fit into PostgreSQL's pages.
 */
#ifndef PLAN_WIDTH_H
#define PLAN_WIDTH_H

#include "graphql/notes.h"
#include "plan/plan.h"

/* The bytes that a row takes when every column has as much as is kept in the
 * row itself: long values are stored elsewhere. */
int width_of_row(const struct plan_table *table);

/* A note per table whose rows may not fit, in `arena`; NULL: there is none. */
struct gql_note *width_notes(const struct plan *plan, struct arena *arena);

#endif
