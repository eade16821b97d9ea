/*
 * run - one run of one job, from its claim to its end in the journal; its
 * results come from an origin (source/origin.h), and whether that is the store
 * or a file makes no difference here.
 *
 * A task's body: a failure ends up in the job, not with the caller.
 */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "job/job.h"
#include "source/origin.h"

/* The plan of `job` is ready. `origin` is borrowed, and left as
 * origin_free() leaves it. */
void run_job(struct job *job, struct origin *origin);

#endif
