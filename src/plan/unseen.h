/*
 * unseen - what an incremental run of a query cannot see, in words.
 *
 * A window finds roots by a time of theirs. What changes without touching
 * that time waits for the next full run.
 */
#ifndef PLAN_UNSEEN_H
#define PLAN_UNSEEN_H

#include "plan/plan.h"

/* One sentence each, in the plan's arena, NULL-terminated; none for a plan
 * that is not incremental. */
const char *const *unseen_list(const struct plan *plan);

#endif
