/*
 * copies - which copies of a result a run writes.
 */
#ifndef JOB_COPIES_H
#define JOB_COPIES_H

#include "job/job.h"

/* The copy of result `n` that --keep writes, and that of [archive]. In the
 * job's arena. NULL: there is none. */
const char *copies_kept(struct job *job, int64_t run_id, int64_t n);
const char *copies_archived(struct job *job, int64_t run_id, int64_t n);

#endif
