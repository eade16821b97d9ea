/*
 * unseen - list the changes that an incremental run of a query cannot find.
 *
 * A window finds roots by a time, usually updated_at. The next full run finds
 * the changes that do not change this time.
 */
#ifndef PLAN_UNSEEN_H
#define PLAN_UNSEEN_H

#include "plan/plan.h"

/* A list of texts in the plan's arena, which ends in NULL. It is empty if the
 * plan is not incremental. */
const char *const *unseen_list(const struct plan *plan);

#endif
