/*
 * count - how many roots a run would fetch, by the store's own count.
 */
#ifndef BULK_COUNT_H
#define BULK_COUNT_H

#include "job/job.h"
#include "source/origin.h"

/* Ask the store. *count is -1 if it does not count these roots exactly. The
 * plan's way is PLAN_BY_COUNT. */
MUST_CHECK bool count_in_window(struct job *job, const struct origin_run *run,
                                int64_t *count, struct err *err);

#endif
