/*
 * run - one run of one job, from its claim to its end in the journal. The
 * results come from an origin (source/origin.h), which may be the store or a
 * file.
 *
 * run_job() is the body of a task. It records a failure in the job and does
 * not return it.
 */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "job/job.h"
#include "source/origin.h"

/* The job must have its plan. `origin` is borrowed; run_job() calls
 * origin_free() on it. */
void run_job(struct job *job, struct origin *origin);

#endif
